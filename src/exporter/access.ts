import { createHash, timingSafeEqual } from 'node:crypto';
import { namesLoopback } from '../shared/loopback.ts';

/** What of a request decides whether it is answered. */
export interface Asking {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly why: string;
}

/**
 * Who may ask. undefined: goes ahead.
 *
 * With a token, whoever shows it. Without, whatever runs on this machine; but not a page of somebody else in a browser on it,
 * which may reach a loopback address under a name of its own (DNS rebinding) or from another site.
 */
export function createGate(token: string | undefined): {
  /** For every page. */
  refusal(asking: Asking): Refusal | undefined;
  /** For those that tell of the fleet. */
  refusalOfSecrets(asking: Asking): Refusal | undefined;
} {
  return {
    refusal(asking) {
      if (token === undefined && !namesLoopback(asking.headers.host)) {
        return {
          status: 403,
          why: 'without PERSONA_FLEET_SERVE_TOKEN this server answers only to localhost, 127.0.0.1 and [::1]',
        };
      }
      return isFromElsewhere(asking) ? { status: 403, why: 'asked by a page of another site' } : undefined;
    },
    refusalOfSecrets({ headers: { authorization } }) {
      if (token === undefined || isSame(tokenOf(authorization), token)) return undefined;
      return {
        status: 401,
        why: 'expected the token of PERSONA_FLEET_SERVE_TOKEN, as "Authorization: Bearer <token>" or as the password of any user',
      };
    },
  };
}

/** Following a link from another site to a page is no harm: that site learns nothing of it. */
function isFromElsewhere({ method, headers }: Asking): boolean {
  const site = headers['sec-fetch-site'];
  const isLink =
    (method === 'GET' || method === 'HEAD') &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document';
  if ((site === 'cross-site' || site === 'same-site') && !isLink) return true;
  const { origin } = headers;
  if (origin === undefined) return false;
  return typeof origin !== 'string' || !isSameHost(origin, headers.host);
}

/** Upper case and the scheme's own port make no other host. */
function isSameHost(origin: string, host: Asking['headers'][string]): boolean {
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  const to = `${from.protocol}//${host}`;
  return from.host !== '' && URL.canParse(to) && new URL(to).host === from.host;
}

/** The token as a Bearer token, or as the password of HTTP Basic, which is what browsers ask for. */
function tokenOf(authorization: Asking['headers'][string]): string {
  if (typeof authorization !== 'string') return '';
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+) *$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  const pair = Buffer.from(credentials, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}

/** In a time that tells neither the length nor the beginning of what was expected. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
