"""A customised Dify on a pinned Dify, carried from release to release."""

import sys

# Whatever of it is imported first, by whichever Python: an older one would stumble over the syntax, and not say why.
if sys.version_info < (3, 11):  # noqa: UP036 - what the package's metadata asks for is not asked of a checkout
    raise SystemExit(
        "fail difykit needs Python 3.11 or newer, and this is %d.%d (%s)\nhint install it for a newer one, in an environment of its own"  # noqa: E501, UP031
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
