"""What stands in Dify's examples for a value that only the user knows.

Read in the env examples of 1.0.0 to 1.16.1: `your-bucket-name`, `YOUR-ELASTICSEARCH_CLOUD_URL`, `xxx`,
`https://xxx-vector.upstash.io`, `https://<your_account_name>.blob.core.windows.net`,
`https://your-object-storage-namespace.compat.objectstorage.us-ashburn-1.oraclecloud.com`.
"""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(
    r"<[A-Za-z][\w -]*>"  # <your_account_name>
    r"|(?i:(?:^|(?<=[/:@.=]))your[-_][\w-]+)"
    r"|(?i:(?:^|(?<=[^A-Za-z0-9]))x{3,}(?![A-Za-z0-9]))"
    r"|(?i:^(?:change[-_]?me|placeholder|to[-_]?do)$)"
)


def is_placeholder(value: str) -> bool:
    """Whether a value is, or holds, what an example has in the place of one."""
    return _PLACEHOLDER.search(value.strip()) is not None
