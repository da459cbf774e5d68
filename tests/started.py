"""Where it is said that the tests' servers run: importing ``tests.servers`` would start them."""

STARTED = "SALESBOOST_TEST_SERVERS"
