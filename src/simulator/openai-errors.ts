/** A response that is not an answer: an OpenAI-shaped error body with its status and headers. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    details: { type?: string; param?: string; code?: string; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.type = details.type ?? 'invalid_request_error';
    this.param = details.param ?? null;
    this.code = details.code ?? null;
    this.headers = details.headers ?? {};
  }

  body(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

export function invalidRequest(message: string, param?: string, code?: string): ApiError {
  return new ApiError(400, message, {
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  });
}

export function unknownUrl(method: string, path: string): ApiError {
  return new ApiError(404, `Invalid URL (${method} ${path})`);
}

export function wrongMethod(method: string, path: string, allowed: string): ApiError {
  return new ApiError(405, `Not allowed to ${method} on ${path}. Use ${allowed} instead.`, {
    code: 'method_not_supported',
    headers: { allow: allowed },
  });
}

/** Never repeats the key that came: it may be a real one, sent to the wrong address. */
export function invalidApiKey(given: boolean): ApiError {
  const message = given
    ? 'Incorrect API key provided. This simulator was started with an API key of its own; send that one.'
    : "You didn't provide an API key. Send it in an Authorization header: Authorization: Bearer YOUR_KEY.";
  return new ApiError(401, message, { code: 'invalid_api_key' });
}

export function rateLimitExceeded(
  message: string,
  unit: 'requests' | 'tokens',
  headers: Record<string, string>,
): ApiError {
  return new ApiError(429, message, { type: unit, code: 'rate_limit_exceeded', headers });
}

export function insufficientQuota(): ApiError {
  return new ApiError(
    429,
    'You exceeded your current quota, please check your plan and billing details. (simulated)',
    { type: 'insufficient_quota', code: 'insufficient_quota' },
  );
}

export function serverError(): ApiError {
  return new ApiError(
    500,
    'The server had an error while processing your request. Sorry about that! (simulated)',
    {
      type: 'server_error',
    },
  );
}

export function unavailable(): ApiError {
  return new ApiError(503, 'The engine is currently overloaded, please try again later. (simulated)', {
    type: 'server_error',
  });
}
