"""Pictures: what stands on them as plain values, a child process that draws them, and where they are kept by content.

`paper` says what can be drawn, `gallery` asks for drawings and keeps them. `child`, and the `pen` and the two charts that it
uses, run in a process of their own and are imported by nothing here: matplotlib would add 43 MB to the service.
"""
