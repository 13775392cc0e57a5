import { type FaultKind, retryAfterHeaders } from './faults.ts';
import { type Reply, replyOfError } from './http-exchange.ts';
import {
  ApiError,
  insufficientQuota,
  invalidRequest,
  rateLimitExceeded,
  serverError,
  unavailable,
} from './openai-errors.ts';

interface FaultyCall {
  readonly model: string;
  readonly retryAfter: string | number;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' };

/** Errors in OpenAI's form. Texts and codes are those that the providers send. */
const ERRORS: { readonly [kind in FaultKind]?: (call: FaultyCall) => ApiError } = {
  rate_limit: ({ retryAfter }) =>
    rateLimitExceeded(
      'Rate limit reached. Please try again later. (simulated)',
      'requests',
      retryAfterHeaders(retryAfter),
    ),
  quota: insufficientQuota,
  server_error: serverError,
  unavailable,
  unauthorized: () =>
    new ApiError(401, 'Incorrect API key provided. (simulated)', { code: 'invalid_api_key' }),
  forbidden: () =>
    new ApiError(403, 'Country, region, or territory not supported (simulated)', {
      type: 'request_forbidden',
      code: 'unsupported_country_region_territory',
    }),
  // DeepSeek's: the code says nothing about money, only the status does.
  payment_required: () =>
    new ApiError(402, 'Insufficient Balance (simulated)', {
      type: 'unknown_error',
      code: 'invalid_request_error',
    }),
  not_found: () => new ApiError(404, 'Not Found (simulated)'),
  model_not_found: ({ model }) =>
    new ApiError(404, `The model \`${model}\` does not exist or you do not have access to it. (simulated)`, {
      code: 'model_not_found',
    }),
  context_too_long: () =>
    invalidRequest(
      "This model's maximum context length is 1024 tokens. However, your messages resulted in more. Please reduce the length of the messages. (simulated)",
      'messages',
      'context_length_exceeded',
    ),
  bad_request: () => invalidRequest('Invalid request. (simulated)'),
  content_filter_400: () =>
    invalidRequest(
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. (simulated)",
      'prompt',
      'content_filter',
    ),
  request_too_large: ({ model }) =>
    rateLimitExceeded(
      `Request too large for ${model} on tokens per min (TPM): Limit 1, Requested 2. The input or output tokens must be reduced in order to run successfully. (simulated)`,
      'tokens',
      {},
    ),
  conflict: () => new ApiError(409, 'The resource was changed by another request. (simulated)'),
  request_timeout: () => new ApiError(408, 'The request took too long. (simulated)', { type: 'timeout' }),
};

/** Bodies that no OpenAI error has. */
const PAGES: { readonly [kind in FaultKind]?: Reply } = {
  bad_gateway_html: { status: 502, headers: HTML_TYPE, body: page('502 Bad Gateway') },
  html: { status: 200, headers: HTML_TYPE, body: page('Please sign in to continue') },
  not_json: {
    status: 200,
    headers: JSON_TYPE,
    body: 'upstream connect error or disconnect/reset before headers',
  },
  error_in_200: { status: 200, headers: JSON_TYPE, body: errorInBody(502, 'Provider returned error') },
  rate_limit_in_200: { status: 200, headers: JSON_TYPE, body: errorInBody(429, 'Provider is rate limited') },
};

/** The faults that answer with something else than a completion, which is then never written; undefined for all others. */
export function replyOfFault(kind: FaultKind, call: FaultyCall): Reply | undefined {
  const error = ERRORS[kind]?.(call);
  return error === undefined ? PAGES[kind] : replyOfError(error);
}

function page(title: string): string {
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>simulated</center>\r\n</body>\r\n</html>\r\n`;
}

/** OpenRouter's form: the code is a number, and there are neither choices nor usage. */
function errorInBody(code: number, message: string): string {
  return JSON.stringify({
    error: { message: `${message} (simulated)`, code, metadata: { provider_name: 'simulated' } },
  });
}
