"""A program on requests, as it is: which requests does its import find?

python docs/examples/which_requests.py https://example.org                                       the one installed
python -m httpcore_lite --as-requests docs/examples/which_requests.py https://example.org        ours
"""

import sys

import requests

if __name__ == "__main__":
    response = requests.get(sys.argv[1], timeout=10)
    print(response.status_code, "by", requests.Session.__module__.partition(".")[0])
