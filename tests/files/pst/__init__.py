"""Writes PST and OST files, as [MS-PST] lays them out: nodes and blocks (`blocks`), heaps, properties and tables
(`heap`), and a store with folders and messages (`store`). It knows nothing of how we read them: libpff and readpst are
the witnesses that what it writes is such a file."""
