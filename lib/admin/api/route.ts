import type { z } from 'zod';
import type { JsonValue } from '../../base/json';
import type { Desk } from '../desk';

/** What a route is called with, checked. */
export interface Call<Query, Body> {
  readonly desk: Desk;
  /** The last part of the path, where the path has an id. */
  readonly id: string;
  readonly query: Query;
  readonly body: Body;
  /** Empty unless the route has `needsMatch`. */
  readonly ifMatch: string;
}

export interface Answer {
  readonly status?: number;
  /** Left out: no body. */
  readonly body?: JsonValue;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route of the API: what checks its requests, what OpenAPI says of it, and what answers them. */
export interface Route<Query = unknown, Body = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api`, as OpenAPI writes it: `/listeners/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** Whether a request without a body is one with `{}`. */
  readonly isBodyOptional?: boolean;
  /** Whether requests need `If-Match`. */
  readonly needsMatch?: boolean;
  readonly answer: { readonly status: number; readonly schema?: z.ZodType; readonly is: string };
  answers(call: Call<Query, Body>): Promise<Answer>;
}

/** A route whose types of query and body are known here only. */
export function route<Query, Body>(given: Route<Query, Body>): Route {
  return given as unknown as Route;
}
