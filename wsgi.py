"""For any WSGI server: `wsgi:app`. Reads `PIKET_*` and `config/`; starts no engine (`piket engine` is one)."""

import os

from piket import logs
from piket.app import app_of, open_deps
from piket.startup import read_settings

logs.set_up()
app = app_of(open_deps(read_settings(os.environ)))
