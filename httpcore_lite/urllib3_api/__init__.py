"""urllib3's names, signatures and manners, under urllib3's own file names; the only way down to `transport/`."""
