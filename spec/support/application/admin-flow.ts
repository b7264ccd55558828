import { type AdminApp, type AdminOptions, adminApp } from '../../../lib/admin';
import { Parcel, parcel } from '../entities/parcel';
import { Person } from '../entities/person';
import type { Application } from './application';
import { Flow, type FlowOptions } from './flow';

const ORIGIN = 'http://admin.test';

/** The header by which the app of a spec knows its principal: `operator`, or the name of an owner. */
export const WHO = 'x-who';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed JSON; undefined if the answer is none. */
  readonly json: unknown;
}

/** A listener of the API in its answers: the members that specs read. */
export interface ListenerAnswer {
  readonly id: string;
  readonly url?: string;
  readonly owner: string | null;
  readonly match: Readonly<Record<string, unknown>>;
  readonly active: boolean;
  readonly secret?: string;
}

/** One principal in front of the admin app. */
export class Visitor {
  constructor(
    private readonly app: AdminApp,
    private readonly who: string | null,
  ) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Answered> {
    return this.send('GET', path, { headers });
  }

  /** Sends JSON, as a program does. */
  json(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.send(method, path, { ...text, headers: { ...type, ...headers } });
  }

  /** Sends a form, as a page of the app does. */
  form(
    path: string,
    values: Record<string, string> | [string, string][] = {},
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    return this.send('POST', path, {
      body: new URLSearchParams(values).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: ORIGIN, ...headers },
    });
  }

  async send(method: string, path: string, init: RequestInit = {}): Promise<Answered> {
    const headers = new Headers(init.headers);
    if (this.who !== null) headers.set(WHO, this.who);
    const request = new Request(`${ORIGIN}${path}`, { ...init, method, headers });
    const response = await this.app.fetch(request);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  }
}

/** An application with an admin app: parcels have owners, people have none. */
export class AdminFlow extends Flow {
  readonly app: AdminApp;

  private constructor(
    application: Application,
    options: FlowOptions,
    admin: Partial<AdminOptions>,
  ) {
    super(application, options);
    this.app = this.appWith(admin);
  }

  static async startAdmin(
    admin: Partial<AdminOptions> = {},
    options: FlowOptions = {},
  ): Promise<AdminFlow> {
    const entities = options.entities ?? [Person, Parcel];
    const flow = await Flow.start({ ...options, entities });
    return new AdminFlow(flow.application, { ...options, entities }, admin);
  }

  /** Another admin app of the same hooks. */
  appWith(admin: Partial<AdminOptions>): AdminApp {
    return adminApp(this.hooks, {
      requestsPerMinute: 100_000,
      authenticate: (request) => {
        const who = request.headers.get(WHO);
        if (who === null) return null;
        return who === 'operator' ? { role: 'operator' } : { role: 'owner', owner: who };
      },
      ...admin,
    });
  }

  as(who: string | null, app = this.app): Visitor {
    return new Visitor(app, who);
  }

  async saveParcel(values: Partial<Parcel> = {}): Promise<Parcel> {
    return this.dataSource.manager.save(parcel(values));
  }
}
