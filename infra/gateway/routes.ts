import type { IncomingMessage } from 'node:http';
import type { GenerationService } from '../../src/core/engine.js';
import type { EventLoopDelay } from '../clock/event-loop-watch.js';
import { type AccessRules, hostAllowed, keyAccepted, originAllowed } from './access.js';
import { type Answer, refusal } from './answer.js';
import { CONSOLE_PATH, type Pages } from './console-assets.js';
import { isPreflight, preflightHeaders } from './cross-origin.js';
import type { HttpExchange } from './http-exchange.js';
import { type MetricsSource, serveMetrics } from './metrics.js';
import { CHAT, type CompletionKind, TEXT } from './openai/completion-kind.js';
import { findModel, listModels } from './openai/models.js';
import type { Serve } from './respond.js';

const STREAM_PATH = '/v1/stream';
const CHARTS_PATH = '/v1/inspect';
const METRICS_PATH = '/metrics';
const MODELS_PATH = '/v1/models';
const COMPLETIONS: ReadonlyMap<string, CompletionKind> = new Map([
  ['/v1/chat/completions', CHAT],
  ['/v1/completions', TEXT],
]);

export interface RouteContext {
  readonly service: GenerationService;
  readonly access: AccessRules;
  readonly metrics: MetricsSource | undefined;
  /** Whether clients may look into state charts. */
  readonly showsCharts: boolean;
  /** The page that shows them, and what it loads. Whoever reads it needs no key: it holds nothing. */
  readonly pages: Pages;
  /** The IP address that the gateway is bound to. */
  boundAddress(): string;
  draining(): boolean;
  /** Whether there are as many WebSockets and completions as may be. */
  full(): boolean;
  /** Whether as many look into state charts as may. */
  enoughViewers(): boolean;
  /** Seconds since 1970 at which this gateway was started. */
  readonly startedAt: number;
  complete(kind: CompletionKind, exchange: HttpExchange): Promise<void>;
  eventLoopDelay(): EventLoopDelay;
}

const NO_HOST = refusal(400, 'invalid_request_error', 'malformed_request', 'HTTP/1.1 wants a Host header');
const WRONG_HOST = refusal(
  403,
  'invalid_request_error',
  'host_not_allowed',
  'this server does not go by the name in the Host header',
);
const WRONG_ORIGIN = refusal(
  403,
  'invalid_request_error',
  'origin_not_allowed',
  'pages of this origin may not connect',
);
const KEY_NEEDED: Answer = {
  ...refusal(401, 'authentication_error', 'invalid_api_key', 'a valid API key is needed'),
  headers: { 'www-authenticate': 'Bearer' },
};
const NOT_FOUND = refusal(404, 'not_found_error', 'not_found', 'there is nothing at this path');
const NOT_TO_BE_WRITTEN: Answer = {
  ...refusal(405, 'invalid_request_error', 'method_not_allowed', 'this path is read with GET'),
  headers: { allow: 'GET, HEAD' },
};
const NOT_TO_BE_READ: Answer = {
  ...refusal(405, 'invalid_request_error', 'method_not_allowed', 'this path takes requests with POST'),
  headers: { allow: 'POST' },
};
/** What the page loads is named relative to a path without one. */
const NO_TRAILING_SLASH: Answer = { status: 308, body: '', headers: { location: `..${CONSOLE_PATH}` } };
const UPGRADE_REQUIRED = refusal(
  426,
  'invalid_request_error',
  'upgrade_required',
  'this path speaks WebSocket',
);
const DRAINING = refusal(503, 'unavailable_error', 'unavailable', 'the server is shutting down');
const FULL: Answer = {
  ...refusal(503, 'unavailable_error', 'busy', 'the server has as many connections as it takes'),
  headers: { 'retry-after': '10' },
};
const ENOUGH_VIEWERS: Answer = {
  ...refusal(503, 'unavailable_error', 'busy', 'as many look into state charts as may'),
  headers: { 'retry-after': '10' },
};

/** The answer to a plain HTTP request. */
export function answerRequest(request: IncomingMessage, context: RouteContext): Answer | Serve {
  const misnamed = nameRefusal(request, context);
  if (misnamed !== undefined) return misnamed;
  const path = pathOf(request);
  if (isPreflight(request)) return preflight(request, context);
  const kind = COMPLETIONS.get(path);
  if (kind !== undefined) return completion(request, kind, context);
  if (isSocketPath(path, context)) {
    // A page that is refused a WebSocket is not told why; here it is.
    if (!keyAccepted(request.headers, context.access)) return KEY_NEEDED;
    return { ...UPGRADE_REQUIRED, headers: { upgrade: 'websocket', connection: 'upgrade' } };
  }
  const answer = readable(request, context);
  if (answer === undefined) return NOT_FOUND;
  return request.method === 'GET' || request.method === 'HEAD' ? answer() : NOT_TO_BE_WRITTEN;
}

/** Why a request is refused for the name that it calls this server by. */
function nameRefusal(
  { headers, httpVersion }: IncomingMessage,
  { boundAddress, access }: RouteContext,
): Answer | undefined {
  // HTTP/1.0 knows no such header. No page can ask without it: browsers send it.
  if (headers.host === undefined) return httpVersion === '1.0' ? undefined : NO_HOST;
  return hostAllowed(headers, boundAddress(), access) ? undefined : WRONG_HOST;
}

function preflight(request: IncomingMessage, { access }: RouteContext): Answer {
  if (!originAllowed(request.headers, access)) return WRONG_ORIGIN;
  return { status: 204, body: '', headers: preflightHeaders(request) };
}

/** Asked for a text: refused at once, or answered later. */
function completion(request: IncomingMessage, kind: CompletionKind, context: RouteContext): Answer | Serve {
  if (request.method !== 'POST') return NOT_TO_BE_READ;
  if (!originAllowed(request.headers, context.access)) return WRONG_ORIGIN;
  if (!keyAccepted(request.headers, context.access)) return KEY_NEEDED;
  if (context.draining()) return DRAINING;
  if (context.full()) return FULL;
  return (exchange) => context.complete(kind, exchange);
}

function models(request: IncomingMessage, { service, access, startedAt }: RouteContext): Answer {
  if (!keyAccepted(request.headers, access)) return KEY_NEEDED;
  const { model } = service.health();
  const path = pathOf(request);
  return path === MODELS_PATH
    ? listModels(model, startedAt)
    : findModel(path.slice(MODELS_PATH.length + 1), model, startedAt);
}

/** What a plain GET of a path is answered. */
function readable(request: IncomingMessage, context: RouteContext): (() => Answer | Serve) | undefined {
  const path = pathOf(request);
  const { metrics } = context;
  if (path === METRICS_PATH && metrics !== undefined)
    return () => (keyAccepted(request.headers, context.access) ? serveMetrics(metrics) : KEY_NEEDED);
  if (path === '/health') return () => health(context);
  if (path === MODELS_PATH || path.startsWith(`${MODELS_PATH}/`)) return () => models(request, context);
  const page = context.pages.get(path);
  if (page !== undefined) return () => page;
  return path === `${CONSOLE_PATH}/` && context.pages.size > 0 ? () => NO_TRAILING_SLASH : undefined;
}

/** Why a client that asks for a WebSocket gets none; undefined when it gets one. */
export function upgradeRefusal(request: IncomingMessage, context: RouteContext): Answer | undefined {
  const { headers } = request;
  const { access } = context;
  const misnamed = nameRefusal(request, context);
  if (misnamed !== undefined) return misnamed;
  if (!isSocketPath(pathOf(request), context)) return NOT_FOUND;
  if (!originAllowed(headers, access)) return WRONG_ORIGIN;
  if (!keyAccepted(headers, access)) return KEY_NEEDED;
  if (context.draining()) return DRAINING;
  if (context.full()) return FULL;
  return asksForCharts(request) && context.enoughViewers() ? ENOUGH_VIEWERS : undefined;
}

/** Whether a client that was let in came to look into state charts, and not for tokens. */
export function asksForCharts(request: IncomingMessage): boolean {
  return pathOf(request) === CHARTS_PATH;
}

function isSocketPath(path: string, { showsCharts }: RouteContext): boolean {
  return path === STREAM_PATH || (path === CHARTS_PATH && showsCharts);
}

function health({ service, draining, eventLoopDelay }: RouteContext): Answer {
  const state = service.health();
  const status = draining() ? 'draining' : state.status;
  const { p99Ms, maxMs } = eventLoopDelay();
  const body = { ...state, status, event_loop_delay: { p99_ms: p99Ms, max_ms: maxMs } };
  return { status: status === 'ready' ? 200 : 503, body };
}

function pathOf({ url }: IncomingMessage): string {
  return (url ?? '').split('?', 1)[0] ?? '';
}
