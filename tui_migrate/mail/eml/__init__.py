"""Messages that are files of their own: folders of them, and archives of such folders."""
