"""Which password is good enough, which name one signs in by, which code a desk may have. Pure.

Long instead of complicated: at least 12 characters, and not one of those that are tried first. No rule asks for capitals, digits
or signs, and a password does not expire (the advice of NIST SP 800-63B and of the Dutch NCSC).
"""

from __future__ import annotations

import re
from itertools import pairwise
from unicodedata import normalize

from piket.words import Text, nsay, say

SHORTEST, LONGEST = 12, 256
ROLES = ("reader", "officer", "administrator")
CODE_LENGTH = 6

# What is tried first of twelve characters and more; looked up in small letters, without the digits and signs at its end.
COMMON = frozenset(
    """
    password passwordpassword wachtwoord wachtwoordwachtwoord mijnwachtwoord geheimwachtwoord welkom welkomwelkom welkomterug
    hallohallohallo qwertyuiop qwertyuiopasdf qwertyuiopasdfghjkl qwertyqwerty asdfghjkl asdfghjklasdf asdfghjklzxcvbnm
    zxcvbnmasdfghjkl 1q2w3e4r5t6y 1qaz2wsx3edc 1qaz2wsx3edc4rfv q1w2e3r4t5y6 qazwsxedcrfv zaq12wsxcde3 abcdefghijkl
    abcdefghijklm abcdefghijklmnop abcabcabcabc letmeinletmein iloveyouiloveyou iloveyouforever administrator
    administratoradmin adminadminadmin adminpassword rootrootroot testtesttest changeme changemechangeme changemenow
    geheimgeheim nederlandnederland amsterdam amsterdamamsterdam rotterdam utrechtutrecht feyenoordfeyenoord ajaxamsterdam
    psveindhoven voetbalvoetbal zomerzomerzomer winterwinterwinter lentelentelente herfstherfstherfst januarijanuari
    correcthorsebatterystaple trustnoonetrustnoone superwachtwoord supersecret topsecrettopsecret ministerie provincie
    gemeente opvangopvang piket piketpiket piketdienst noodopvang terapel terapelterapel asielasielasiel
    """.split()
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._+'-]{1,63}|[a-z0-9_][a-z0-9._+'-]{0,63}@[a-z0-9-]+(\.[a-z0-9-]+)+")


def settled(password: str) -> str:
    """The password as it is kept and compared: the same characters, however a keyboard composed them (NFKC)."""
    return normalize("NFKC", password)


def password_fault(password: str, sign_in_name: str) -> Text | None:
    """Why this password cannot be taken, as what would be right; None when it can."""
    plain = settled(password)
    if len(plain) < SHORTEST:
        return nsay(
            "Choose a password of {shortest} characters or more; this is {n} character.",
            "Choose a password of {shortest} characters or more; this has {n} characters.",
            len(plain), shortest=SHORTEST,
        )  # fmt: skip
    if len(plain) > LONGEST:
        return say("Choose a password of at most {longest} characters.", longest=LONGEST)
    if _is_common(plain.casefold(), sign_in_name):
        return say("This password is tried first by whoever guesses. Choose another, such as four words of your own.")
    return None


def _is_common(password: str, sign_in_name: str) -> bool:
    """Whether it is in the list, is the name one signs in by, or is one short piece again and again or a row of digits."""
    bare = password.rstrip("0123456789!@#$%^&*.?-_ ")
    own = {sign_in_name, sign_in_name.partition("@")[0]}
    repeats = re.fullmatch(r"(.{1,4}?)\1+.{0,3}", password) is not None
    rows = "01234567890123456789", "98765432109876543210"
    return (
        not bare or bare in COMMON or password in COMMON or bare in own or repeats or any(password in r for r in rows)
    )


def sign_in_name(typed: str) -> str:
    """The name as it is kept and looked up: in small letters, without spaces around it."""
    return normalize("NFKC", typed).strip().casefold()


def sign_in_name_fault(name: str) -> Text | None:
    """Why a settled name cannot be one to sign in by; None when it can."""
    if len(name) <= 254 and _NAME.fullmatch(name):
        return None
    return say(
        "Give an e-mail address, or a name of 2 to 64 small letters, digits, dots and hyphens, such as j.devries."
    )


def code_fault(code: str) -> Text | None:
    """Why this cannot be the code of a desk; None when it can. Codes that are tried first are none."""
    if not re.fullmatch(rf"[0-9]{{{CODE_LENGTH}}}", code):
        return say("Give a code of {n} digits.", n=CODE_LENGTH)
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(code)}
    halves = code[:3] == code[3:] or code[:2] * 3 == code
    if halves or steps in ({0}, {1}, {9}):
        return say("This code is tried first by whoever guesses. Choose one that does not repeat and is no row.")
    return None
