from google.rpc import code_pb2

from telemetry.ingest import codes


def test_our_numbers_are_googles():
    ours = {name: number for name, number in vars(codes).items() if name.isupper()}
    assert ours == {name: code_pb2.Code.Value(name) for name in ours}
