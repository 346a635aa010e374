"""Where mentions come from: the Collector protocol, one file per kind of source, and files for `nobet import`."""
