"""Work that outgrows one machine: requests sent by the workers of a Dask cluster. Here the cluster is a local one.

pip install distributed
python docs/examples/map_dask.py https://example.org
"""

from __future__ import annotations

import sys

from distributed import Client, LocalCluster

from httpcore_lite import Session


def main(base: str) -> None:
    urls = (f"{base}/items/{number}" for number in range(100))
    # Client("tcp://scheduler:8786") reaches a cluster of many machines, each with httpcore_lite installed.
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
        Session() as session,
    ):
        session.headers["Authorization"] = "Bearer ..."
        # At most 40 are with the cluster at any moment.
        responses = session.map(urls, executor=client.get_executor(), look_ahead=40, timeout=10)
        print(sum(len(response.content) for response in responses), "bytes")


if __name__ == "__main__":
    main(sys.argv[1])
