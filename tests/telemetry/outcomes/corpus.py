"""Errors as real packages tell of them: type, message, and the layer that is right."""

from telemetry.semconv import Outcome as O

TRACEBACK = """Traceback (most recent call last):
  File "/srv/app/timeout_utils.py", line 42, in with_timeout
    return await asyncio.wait_for(call(), 30)  # circuit breaker
  File "/srv/app/http_provider.py", line 7, in call
    return table[key]
           ~~~~~^^^^^
"""
GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "/srv/app/run.py", line 3, in <module>
  |     asyncio.run(main())
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/app/keys.py", line 9, in main
    |     await client.get(url)
    | httpx.ConnectError: All connection attempts failed
    +------------------------------------
"""
# What LangChain gives for the text of an error: the words or a repr, and a traceback right behind them.
LANGCHAIN = """{}Traceback (most recent call last):


  File "/srv/app/timeout_utils.py", line 42, in run
    response = context.run(self._run, *tool_args)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^


{}"""
GRPC = '<AioRpcError of RPC that terminated with:\n\tstatus = StatusCode.{}\n\tdetails = "{}"\n>'
PYDANTIC = (
    "1 validation error for get_weather\ncity\n  Field required [type=missing, input_value={}, input_type=dict]\n"
    "    For further information visit https://errors.pydantic.dev/2.12/v/missing"
)
ZOD_3 = """[
  {
    "code": "invalid_type",
    "expected": "string",
    "received": "undefined",
    "path": [
      "city"
    ],
    "message": "Required"
  }
]"""
ZOD_4 = (
    '[\n  {\n    "expected": "string",\n    "code": "invalid_type",\n    "path": [\n      "city"\n    ]\n  }\n]'
)
FASTAPI = '[{"type": "missing", "loc": ["body", "city"], "msg": "Field required", "input": null}]'
AI_SDK = "Invalid input for tool weather: Type validation failed: Value: {}.\nError message: " + ZOD_4
NODE = "    at AsyncLocalStorageProvider.run (/app/timeout.js:5:11)\n    at HttpConnection.open (/app/http.js:2:1)"
OPENINFERENCE_JS = f"the kiln is cold\n\nError: the kiln is cold\n{NODE}"
OPENAI = "Error code: {} - {{'error': {{'message': '{}', 'type': '{}', 'param': None, 'code': '{}'}}}}"
CLAUDE = '{{"type":"error","error":{{"type":"{}","message":"{}"}},"request_id":"req_011CSHoEeqs5C35K2UUqR7Fy"}}'
AWS = "An error occurred ({}) when calling the Converse operation{}: {}"
POOL = "HTTPSConnectionPool(host='api.crm.test', port=443): "
NEW = "<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 111]"

TOLD = [
    # httpx, httpcore
    ("httpx.ReadTimeout", "", O.TIMEOUT),
    ("httpx.ConnectTimeout", "timed out", O.TIMEOUT),
    ("httpx.PoolTimeout", "", O.TIMEOUT),
    ("httpx.ConnectError", "[Errno -2] Name or service not known", O.PROVIDER),
    ("ConnectError", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", O.PROVIDER),
    ("httpx.RemoteProtocolError", "Server disconnected without sending a response.", O.PROVIDER),
    ("httpx.ReadError", "", O.PROVIDER),
    ("httpx.HTTPStatusError", "Client error '401 Unauthorized' for url 'https://crm.test/'", O.AUTHORIZATION),
    ("httpx.HTTPStatusError", "Client error '404 Not Found' for url 'https://crm.test/orders/504'", O.PROVIDER),
    ("httpx.HTTPStatusError", "Server error '504 Gateway Timeout' for url 'https://crm.test/'", O.TIMEOUT),
    ("httpx.HTTPStatusError", "Client error '422 Unprocessable Entity' for url 'https://crm.test/'", O.ARGUMENTS),
    # requests, urllib3, aiohttp, urllib, asyncio
    ("requests.exceptions.HTTPError", "403 Client Error: Forbidden for url: https://crm.test/", O.AUTHORIZATION),
    ("requests.exceptions.HTTPError", "503 Server Error: Service Unavailable for url: https://crm", O.PROVIDER),
    ("requests.exceptions.ReadTimeout", POOL + "Read timed out. (read timeout=5)", O.TIMEOUT),
    (
        "requests.exceptions.ConnectionError",
        POOL + f"Max retries exceeded with url: / (Caused by {NEW})",
        O.PROVIDER,
    ),
    ("requests.exceptions.JSONDecodeError", "Expecting value: line 1 column 1 (char 0)", O.PROVIDER),
    ("", POOL + f"Max retries exceeded with url: /v1 (Caused by NewConnectionError('{NEW}'))", O.PROVIDER),
    ("", POOL + "Read timed out. (read timeout=30)", O.TIMEOUT),
    ("aiohttp.client_exceptions.ClientConnectorError", "Cannot connect to host crm.test:443 ssl:def", O.PROVIDER),
    ("aiohttp.client_exceptions.ServerDisconnectedError", "Server disconnected", O.PROVIDER),
    ("aiohttp.client_exceptions.ClientResponseError", "429, message='', url='https://crm.test'", O.PROVIDER),
    ("urllib.error.HTTPError", "HTTP Error 500: Internal Server Error", O.PROVIDER),
    ("TimeoutError", "", O.TIMEOUT),
    ("asyncio.exceptions.TimeoutError", "", O.TIMEOUT),
    ("asyncio.exceptions.CancelledError", "", O.TIMEOUT),
    ("CancelledError", "Cancelled by cancel scope 7f3a", O.TIMEOUT),
    ("ConnectionRefusedError", "[Errno 111] Connection refused", O.PROVIDER),
    ("BrokenPipeError", "[Errno 32] Broken pipe", O.PROVIDER),
    ("socket.gaierror", "[Errno -3] Temporary failure in name resolution", O.PROVIDER),
    ("ssl.SSLCertVerificationError", "certificate verify failed: self-signed certificate", O.PROVIDER),
    ("OSError", "[Errno 101] Network is unreachable", O.PROVIDER),
    # openai, anthropic, google, cohere, litellm
    ("openai.RateLimitError", OPENAI.format(429, "Rate limit", "tokens", "rate_limit_exceeded"), O.PROVIDER),
    ("openai.APITimeoutError", "Request timed out.", O.TIMEOUT),
    ("openai.APIConnectionError", "Connection error.", O.PROVIDER),
    ("openai.AuthenticationError", OPENAI.format(401, "Bad key", "x", "invalid_api_key"), O.AUTHORIZATION),
    ("openai.BadRequestError", OPENAI.format(400, "Bad", "invalid_request_error", "x"), O.ARGUMENTS),
    ("openai.InternalServerError", "Error code: 503 - upstream", O.PROVIDER),
    ("", OPENAI.format(429, "Quota", "insufficient_quota", "insufficient_quota"), O.PROVIDER),
    ("anthropic.APIStatusError", CLAUDE.format("overloaded_error", "Overloaded"), O.PROVIDER),
    ("", "529 " + CLAUDE.format("overloaded_error", "Overloaded"), O.PROVIDER),
    ("Error", CLAUDE.format("rate_limit_error", "Number of tokens has exceeded"), O.PROVIDER),
    ("anthropic.PermissionDeniedError", "Error code: 403", O.AUTHORIZATION),
    ("APIUserAbortError", "Request was aborted.", O.TIMEOUT),
    ("google.genai.errors.ClientError", "429 RESOURCE_EXHAUSTED. {'error': {'code': 429}}", O.PROVIDER),
    ("google.genai.errors.ServerError", "503 UNAVAILABLE. {'error': {'code': 503}}", O.PROVIDER),
    ("google.api_core.exceptions.DeadlineExceeded", "504 Deadline Exceeded", O.TIMEOUT),
    ("google.api_core.exceptions.PermissionDenied", "403 Permission denied on resource", O.AUTHORIZATION),
    ("litellm.exceptions.Timeout", "litellm.Timeout: APITimeoutError", O.TIMEOUT),
    ("litellm.ServiceUnavailableError", "litellm.ServiceUnavailableError: no deployments", O.PROVIDER),
    ("pydantic_ai.exceptions.ModelHTTPError", "status_code: 429, model_name: gpt-4o, body: None", O.PROVIDER),
    # boto
    ("botocore.exceptions.ClientError", AWS.format("ThrottlingException", "", "Too many"), O.PROVIDER),
    ("botocore.exceptions.ClientError", AWS.format("ValidationException", "", "Malformed"), O.ARGUMENTS),
    ("botocore.exceptions.ClientError", AWS.format("AccessDeniedException", "", "No"), O.AUTHORIZATION),
    ("", AWS.format("ModelTimeoutException", " (reached max retries: 4)", "Try again"), O.TIMEOUT),
    ("botocore.exceptions.EndpointConnectionError", "Could not connect to the endpoint URL", O.PROVIDER),
    ("botocore.exceptions.NoCredentialsError", "Unable to locate credentials", O.AUTHORIZATION),
    # grpc: Python, Node, Go
    ("grpc.aio._call.AioRpcError", GRPC.format("UNAVAILABLE", "failed to connect"), O.PROVIDER),
    ("grpc._channel._InactiveRpcError", GRPC.format("DEADLINE_EXCEEDED", "Deadline Exceeded"), O.TIMEOUT),
    ("grpc.aio._call.AioRpcError", GRPC.format("INVALID_ARGUMENT", "bad"), O.ARGUMENTS),
    ("Error", "14 UNAVAILABLE: No connection established. Last error: null", O.PROVIDER),
    ("Error", "7 PERMISSION_DENIED: Missing scope", O.AUTHORIZATION),
    ("*status.Error", "rpc error: code = DeadlineExceeded desc = late", O.TIMEOUT),
    ("UNAVAILABLE", "", O.PROVIDER),
    # Node: undici, axios, got, node-fetch, ioredis, pg
    ("TypeError", "fetch failed", O.PROVIDER),
    ("", "TypeError: fetch failed\n" + NODE, O.PROVIDER),
    ("Error", "connect ECONNREFUSED 127.0.0.1:5432", O.PROVIDER),
    ("Error", "read ECONNRESET", O.PROVIDER),
    ("Error", "getaddrinfo ENOTFOUND api.crm.test", O.PROVIDER),
    ("Error", "socket hang up", O.PROVIDER),
    ("ECONNREFUSED", "", O.PROVIDER),
    ("ConnectTimeoutError", "Connect Timeout Error (attempted address: crm.test:443)", O.TIMEOUT),
    ("UND_ERR_HEADERS_TIMEOUT", "Headers Timeout Error", O.TIMEOUT),
    ("AxiosError", "timeout of 5000ms exceeded", O.TIMEOUT),
    ("AxiosError", "Request failed with status code 502", O.PROVIDER),
    ("AxiosError", "Request failed with status code 401", O.AUTHORIZATION),
    ("AxiosError", "Network Error", O.PROVIDER),
    ("", "AxiosError: Request failed with status code 400\n" + NODE, O.ARGUMENTS),
    ("Error", "HTTP error! status: 503", O.PROVIDER),
    ("TimeoutError", "The operation was aborted due to timeout", O.TIMEOUT),
    ("AbortError", "This operation was aborted", O.TIMEOUT),
    ("", "DOMException [AbortError]: This operation was aborted\n" + NODE, O.TIMEOUT),
    ("Error", "timeout exceeded when trying to connect", O.TIMEOUT),
    ("Error", "Breaker is open", O.BREAKER),
    ("AI_APICallError", "Too Many Requests", O.PROVIDER),
    ("AI_InvalidToolInputError", AI_SDK, O.ARGUMENTS),
    ("", AI_SDK, O.ARGUMENTS),
    ("AI_NoSuchToolError", "Model tried to call unavailable tool 'wether'.", O.ARGUMENTS),
    ("ZodError", ZOD_3, O.ARGUMENTS),
    ("Error", ZOD_3, O.ARGUMENTS),
    ("", ZOD_4, O.ARGUMENTS),
    ("ToolInputParsingException", "Received tool input did not match expected schema", O.ARGUMENTS),
    ("Error", "Received tool input did not match expected schema\n✖ Invalid input", O.ARGUMENTS),
    # Validators of Python, MCP
    ("pydantic_core._pydantic_core.ValidationError", PYDANTIC, O.ARGUMENTS),
    ("", PYDANTIC, O.ARGUMENTS),
    ("", f"Error executing tool get_weather: {PYDANTIC}", O.ARGUMENTS),
    ("jsonschema.exceptions.ValidationError", "'city' is a required property", O.ARGUMENTS),
    ("", "'city' is a required property\n\nFailed validating 'required' in schema:", O.ARGUMENTS),
    ("fastapi.exceptions.RequestValidationError", FASTAPI, O.ARGUMENTS),
    ("", FASTAPI, O.ARGUMENTS),
    ("McpError", "MCP error -32602: Invalid arguments for tool get_weather", O.ARGUMENTS),
    ("-32602", "", O.ARGUMENTS),
    ("", "Tool input validation failed for weather. Please fix the following errors", O.ARGUMENTS),
    ("McpError", "MCP error -32001: Request timed out", O.TIMEOUT),
    ("McpError", "MCP error -32000: Connection closed", O.PROVIDER),
    # Databases
    ("asyncpg.exceptions.QueryCanceledError", "canceling statement due to statement timeout", O.TIMEOUT),
    ("asyncpg.exceptions.TooManyConnectionsError", "sorry, too many clients already", O.PROVIDER),
    ("asyncpg.exceptions.InvalidPasswordError", 'password authentication failed for user "crm"', O.AUTHORIZATION),
    ("asyncpg.exceptions.ConnectionDoesNotExistError", "connection was closed in the middle", O.PROVIDER),
    ("psycopg.OperationalError", 'connection to server at "10.0.0.1", port 5432 failed: refused', O.PROVIDER),
    ("sqlalchemy.exc.OperationalError", "(psycopg.OperationalError) server closed the connection", O.PROVIDER),
    ("redis.exceptions.ConnectionError", "Error 111 connecting to redis:6379. Connection refused.", O.PROVIDER),
    # Breakers
    ("pybreaker.CircuitBreakerError", "Timeout not elapsed yet, circuit breaker still open", O.BREAKER),
    ("", "CircuitBreaker 'crm' is OPEN and does not permit further calls", O.BREAKER),
    ("Polly.CircuitBreaker.BrokenCircuitException", "The circuit is now open", O.BREAKER),
    ("io.github.resilience4j.circuitbreaker.CallNotPermittedException", "x", O.BREAKER),
    # Java, .NET, Go
    ("java.net.SocketTimeoutException", "Read timed out", O.TIMEOUT),
    ("", "java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.connect", O.PROVIDER),
    ("java.lang.RuntimeException", "java.net.SocketTimeoutException: Read timed out", O.TIMEOUT),
    ("java.util.concurrent.CancellationException", "", O.TIMEOUT),
    ("System.Threading.Tasks.TaskCanceledException", "A task was canceled.", O.TIMEOUT),
    ("System.Net.Http.HttpRequestException", "Connection refused (localhost:5000)", O.PROVIDER),
    ("", "System.Net.Http.HttpRequestException: Response status code: 403 (Forbidden).", O.AUTHORIZATION),
    ("*url.Error", 'Get "https://crm.test": dial tcp 10.0.0.1:443: connect: connection refused', O.PROVIDER),
    ("*url.Error", 'Get "https://crm.test": context deadline exceeded', O.TIMEOUT),
    ("*net.OpError", "read tcp 10.0.0.2:443: i/o timeout", O.TIMEOUT),
    ("*errors.errorString", "context canceled", O.TIMEOUT),
    # Numbers and words as types; what wraps an error
    ("503", "", O.PROVIDER),
    ("404", "", O.PROVIDER),
    ("408", "", O.TIMEOUT),
    ("rate_limit_exceeded", "", O.PROVIDER),
    ("timeout", "", O.TIMEOUT),
    ("fastapi.exceptions.HTTPException", "403: No such right", O.AUTHORIZATION),
    ("langchain_core.tools.base.ToolException", "no such customer", O.RETURNED_FAILURE),
    ("", GROUP, O.PROVIDER),
    ("", TRACEBACK + "TimeoutError", O.TIMEOUT),
    ("", TRACEBACK + "grpc.aio._call.AioRpcError: " + GRPC.format("UNAVAILABLE", "x"), O.PROVIDER),
    ("", "Error: TimeoutError('no answer')\n Please fix your mistakes.", O.TIMEOUT),
    ("", "ConnectionResetError(104, 'Connection reset by peer')", O.PROVIDER),
    ("", "Error invoking tool 'w' with kwargs {'timeout': 3} with error:\n HTTP 429", O.PROVIDER),
    ("Exception", "upstream responded with status 500", O.PROVIDER),
]

# What uses the same words and tells of something else: each is a fault of the tool.
INNOCENT = [
    # Programming errors, whatever they name
    ("KeyError", "'http_method'"),
    ("KeyError", "'timeout'"),
    ("KeyError", "'validation'"),
    ("", "KeyError: 'http_method'"),
    ("", "KeyError('circuit_breaker')"),
    ("KeyError", "503"),
    ("TypeError", "Cannot read properties of undefined (reading 'connection')"),
    ("TypeError", "fetchTimeout() got an unexpected keyword argument 'timeout'"),
    ("TypeError", "'NoneType' object is not subscriptable"),
    ("AttributeError", "module 'httpx' has no attribute 'ConnectTimeout'"),
    ("AttributeError", "'HTTPConnection' object has no attribute 'schema'"),
    ("NameError", "name 'provider' is not defined"),
    ("ReferenceError", "socket is not defined"),
    ("RangeError", "Invalid time value: 504"),
    ("ModuleNotFoundError", "No module named 'upstream_gateway'"),
    ("ImportError", "cannot import name 'TimeoutError' from 'circuit'"),
    ("IndexError", "list index out of range"),
    ("AssertionError", "expected status code 200 but was 503"),
    ("NotImplementedError", "the http provider is not there yet"),
    ("ZeroDivisionError", "division by zero"),
    ("FileNotFoundError", "[Errno 2] No such file or directory: '/etc/http/timeout.yml'"),
    ("SyntaxError", "Unexpected token < in JSON at position 0"),
    ("UnicodeDecodeError", "'utf-8' codec can't decode byte 0x80 in position 401: invalid start byte"),
    ("java.lang.NullPointerException", 'Cannot invoke "HttpClient.connect()" because "client" is null'),
    ("java.lang.ClassCastException", "class SocketAddress cannot be cast to class Provider"),
    ("", 'Exception in thread "http-503" java.lang.IndexOutOfBoundsException: Index 5\n\tat Timeout.run'),
    ("System.NullReferenceException", "Object reference not set to an instance of an object"),
    ("", "Unhandled exception. System.InvalidCastException: from Timeout to Provider\n   at Http.Get()"),
    ("runtime.boundsError", "index out of range [503] with length 3"),
    ("", "panic: runtime error: invalid memory address or nil pointer dereference\nnet/http.(*conn).serve"),
    ("asyncpg.exceptions.UndefinedTableError", 'relation "circuit_breakers" does not exist'),
    ("asyncpg.exceptions.UniqueViolationError", 'duplicate key violates "timeout_pkey"'),
    ("sqlalchemy.exc.IntegrityError", "(psycopg.errors.NotNullViolation) column timeout"),
    ("httpx.InvalidURL", "Invalid port: 'timeout'"),
    ("requests.exceptions.MissingSchema", "Invalid URL 'crm': No scheme supplied"),
    # Words of stacks and paths
    ("Error", "no such order\n" + NODE),
    ("", "Error: no such order\n" + NODE),
    ("", "ReferenceError: order is not defined\n" + NODE),
    ("", TRACEBACK + "KeyError: 'price'"),
    ("", TRACEBACK + "ValueError: the sum is negative"),
    ("Exception", "failed in /srv/app/timeout_utils.py line 408"),
    ("Exception", "see AsyncLocalStorageProvider"),
    ("Error", "ENOENT: no such file or directory, open '/app/http/connection.json'"),
    # Numbers that are amounts, ids and places
    ("ValueError", "Order of 500 units exceeds the stock"),
    ("", "Order of 500 units exceeds the stock"),
    ("ValueError", "500 units ordered, 403 in stock"),
    ("ValueError", "invoice 429-2026 is closed"),
    ("ValueError", "area code 503 is not served"),
    ("ValueError", "postal code 40312 is unknown"),
    ("ValueError", "row 504: price is empty"),
    ("ValueError", "customer 401 has no address"),
    ("ValueError", "the balance is -32602 cents"),
    ("ValueError", "room 404 not for rent"),
    ("Exception", "process ended with exit code 1 after 503 steps"),
    # Words of a trade
    ("ValueError", "circuit board CB-12 is out of stock"),
    ("ValueError", "no circuit breaker of 16 A in the catalogue"),
    ("ValueError", "the network operator's invoice is open"),
    ("ValueError", "provider 'Acme Health' is not in the plan"),
    ("ValueError", "no flight with a connection in Frankfurt"),
    ("ValueError", "gateway drug interactions were not checked"),
    ("ValueError", "wall socket type F is not sold in the UK"),
    ("ValueError", "the deadline of the tender is 4 May"),
    ("ValueError", "timeout must be positive"),
    ("ValueError", "request timeout must be a number"),
    ("ValueError", "unknown option: connection_timeout"),
    ("ValueError", "the schema 'public' holds no table"),
    ("ValueError", "forbidden character '#' in a name"),
    ("ValueError", "this permission slip was not signed"),
    ("ValueError", "the parking validation is used up"),
    ("RuntimeError", "the http_method of the hook is empty"),
    ("RuntimeError", "no price for tool 'ssl_check'"),
    ("Exception", "the order was cancelled"),
    ("Exception", "overloaded operator + is ambiguous"),
]
TOLD += [
    ("", "503 Service Unavailable", O.PROVIDER),
    ("", "HTTP/1.1 502 Bad Gateway", O.PROVIDER),
    ("", "HTTP 429", O.PROVIDER),
    ("", "Timeout", O.TIMEOUT),
    ("", "Request timeout", O.TIMEOUT),
    ("_OTHER", "upstream request timed out", O.TIMEOUT),
    ("Error", "Rate limit reached for gpt-4o in organization org-x on tokens per min", O.PROVIDER),
    ("", "401 Unauthorized", O.AUTHORIZATION),
    ("", "Error calling tool 'crm': Unauthorized", O.AUTHORIZATION),
    ("fastmcp.exceptions.NotFoundError", "Unknown tool: 'wether'", O.ARGUMENTS),
    ("Exception", LANGCHAIN.format("TimeoutError('no answer')", "TimeoutError: no answer"), O.TIMEOUT),
    ("", LANGCHAIN.format("TimeoutError('no answer')", "TimeoutError: no answer"), O.TIMEOUT),
    ("Exception", LANGCHAIN.format(PYDANTIC, "pydantic_core.ValidationError: " + PYDANTIC), O.ARGUMENTS),
    ("Exception", LANGCHAIN.format("ConnectionError('x')", "")[:150], O.PROVIDER),
    ("Exception", "fetch failed\n\nTypeError: fetch failed\n" + NODE, O.PROVIDER),
    ("", "no answer\n\nTimeoutError: no answer\n" + NODE, O.TIMEOUT),
]
INNOCENT += [
    ("Exception", LANGCHAIN.format("KeyError('timeout')", "KeyError: 'timeout'")),
    ("Exception", LANGCHAIN.format("RuntimeError('the kiln is cold')", "RuntimeError: the kiln is cold")),
    ("Error", OPENINFERENCE_JS),
    ("Error", "no such order\n\nRangeError: no such order\n" + NODE),
]
