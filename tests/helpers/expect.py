"""What a refused call of boto3 says."""

import pytest
from botocore.exceptions import ClientError


def answer_of(call, *args, **kwargs):
    """The whole answer of a call that must be refused."""
    with pytest.raises(ClientError) as refused:
        call(*args, **kwargs)
    return refused.value.response


def code_of(call, *args, **kwargs):
    return answer_of(call, *args, **kwargs)["Error"]["Code"]


def refusal(call, *args, **kwargs):
    """(status, code)"""
    answer = answer_of(call, *args, **kwargs)
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]
