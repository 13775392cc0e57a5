import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './openai-errors.ts';

/** A reply that is ready to be sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const MAX_BODY_BYTES = 10_000_000;

/** The whole body as text. Throws a 413 beyond 10 MB and a 400 when the caller leaves in the middle of it. */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    // A body too large is still read to its end: closing earlier would hide the 413 behind a broken connection.
    request.on('end', () => {
      if (bytes > MAX_BODY_BYTES)
        reject(
          new ApiError(413, `Request body of ${bytes} bytes is larger than the ${MAX_BODY_BYTES} allowed.`),
        );
      else
        resolve(
          (chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)).toString('utf8'),
        );
    });
    request.on('close', () => {
      if (!request.complete) reject(new ApiError(400, 'The request ended before its body was complete.'));
    });
  });
}

export function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const payload = Buffer.from(JSON.stringify(body));
  response.writeHead(status, contentHeaders(payload, headers));
  response.end(payload);
}

export function replyOfError(error: ApiError): Reply {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', ...error.headers },
    body: JSON.stringify(error.body()),
  };
}

export function sendError(response: ServerResponse, error: ApiError): void {
  sendReply(response, replyOfError(error), {});
}

export function sendReply(response: ServerResponse, reply: Reply, headers: Record<string, string>): void {
  const payload = Buffer.from(reply.body);
  response.writeHead(reply.status, { 'content-length': payload.length, ...headers, ...reply.headers });
  response.end(payload);
}

/** Sends half of what Content-Length promises, then closes the connection. */
export function sendTruncated(
  response: ServerResponse,
  body: unknown,
  headers: Record<string, string>,
): void {
  const payload = Buffer.from(JSON.stringify(body));
  response.writeHead(200, contentHeaders(payload, headers));
  response.write(payload.subarray(0, payload.length >> 1), () => response.destroy());
}

function contentHeaders(payload: Buffer, headers: Record<string, string>): Record<string, string | number> {
  return { 'content-type': 'application/json', 'content-length': payload.length, ...headers };
}
