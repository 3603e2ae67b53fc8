"""The code that runs in Lambda: Python 3.11 or later, the standard library and the runtime's boto3.

In the function's zip this package is called `modelpoc_proxy`, beside `poc.json` (what it serves), `docs/`
(Swagger UI's files) and, if the POC brings one, `own/` (its own handler).
"""
