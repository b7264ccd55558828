import { ModelHookError } from './model-hook-error';

/** A decorated method of a Nest application cannot get events. `method` is its class and its name: `AuditService.record`. */
export class HandlerRefusedError extends ModelHookError {
  readonly code = 'HANDLER_REFUSED';
  constructor(
    readonly method: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${method} cannot be a handler: ${reason}.`, options);
  }
}

/** A Nest application parsed the body of a request without keeping its bytes, so the signature cannot be verified. */
export class RawBodyMissingError extends ModelHookError {
  readonly code = 'RAW_BODY_MISSING';
  constructor() {
    super(
      'The raw body of the request is missing, so its signature cannot be verified. Create the application with ' +
        '`NestFactory.create(AppModule, { rawBody: true })`, and in tests with `createNestApplication({ rawBody: true })`. Add parsers by ' +
        '`app.useBodyParser()`.',
    );
  }
}
