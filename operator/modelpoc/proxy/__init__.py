"""The Lambda function in front of a SageMaker endpoint: its code, its document, its package.

`function/` runs in Lambda and imports nothing of modelpoc; the rest is pure and runs in the operator.
"""
