"""The store on real files: what an engine and a dashboard may rely on."""
