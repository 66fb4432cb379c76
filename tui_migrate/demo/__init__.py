"""A migration to look at without owning a mail server: two real IMAP servers with sample mail, and a plan for them.

Needs the extra `demo` (pymap): `pip install 'tui-migrate[demo]'`.
"""

from tui_migrate.demo.run import run_demo, write_plan
from tui_migrate.demo.servers import DemoServers, demo_servers

__all__ = ["DemoServers", "demo_servers", "run_demo", "write_plan"]
