import type { IncomingHttpHeaders } from 'node:http';
import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  type InjectionToken,
  Logger,
  ServiceUnavailableException,
  type Type,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { OptionInvalidError } from '../../errors/option-errors';
import { KeysUnavailableError, VerificationError } from '../../errors/receiver-errors';
import { checkedOptions } from '../../options/checked';
import { FUNCTION, type Rule, type Shape } from '../../options/rules';
import { bodyByType } from '../../receiver/body-by-type';
import { sortedKeys, type VerifyKeys } from '../../receiver/keys';
import { VERIFY_SHAPE, type VerifyOptions, verify } from '../../receiver/verify';
import { type FrameworkRequest, rawBodyOf } from './raw-body';
import { keepReceived } from './webhook-event';

/**
 * What `verify` takes: the secret of a listener, the public key of the sender, keys from `jwks()`, or a list of these, of which one must
 * fit. Null if the request names nobody that is known; it is refused.
 */
export type WebhookSecret = VerifyKeys | null | undefined;

/** The parts of a request that a secret may depend on. Nothing in it is verified yet. */
export interface WebhookRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly params?: unknown;
  readonly query?: unknown;
}

/** A provider that knows the secrets; see `secretFrom`. */
export interface WebhookSecrets {
  /** The secret for this request. If it is null, the request is answered with 401. */
  secretOf(request: WebhookRequest): WebhookSecret | Promise<WebhookSecret>;
}

/** The options of `@VerifyWebhook()`. Exactly one of `secret` and `secretFrom` is given. */
export interface VerifyWebhookOptions extends VerifyOptions {
  /** The secret of the listener, the public key or `jwks()` of the sender, a list, or a function of the request; may be async. */
  readonly secret?:
    | VerifyKeys
    | ((request: WebhookRequest) => WebhookSecret | Promise<WebhookSecret>);
  /** The token of a provider with the method `secretOf(request)`, from any module. */
  readonly secretFrom?: InjectionToken<WebhookSecrets>;
}

const SECRET: Rule = {
  accepts: (value) => FUNCTION.accepts(value) || isUsable(value),
  expected: 'the secret of the listener, a list of secrets, or a function that returns one',
};

const TOKEN: Rule = {
  accepts: (value) => ['function', 'string', 'symbol'].includes(typeof value),
  expected: 'the token of a provider',
};

const OPTIONS_SHAPE: Shape<VerifyWebhookOptions> = {
  ...VERIFY_SHAPE,
  secret: SECRET,
  secretFrom: TOKEN,
};

/**
 * Lets a request through to a method, or to all methods of a controller, only if it was signed with the secret or a key pair of the sender.
 * Any other is answered with 401, without the reason, which is logged at the level `debug`; and with 503 if the keys of `jwks()` cannot be
 * read. The application needs the option `rawBody: true`, or the request fails
 * with `RAW_BODY_MISSING`. Throws `OPTION_INVALID` where it decorates.
 *
 * @example
 * const Signed = VerifyWebhook({ secret: secretOfListener, toleranceMs: 60_000 });
 */
export function VerifyWebhook(options: VerifyWebhookOptions): MethodDecorator & ClassDecorator {
  return UseGuards(guardOf(resolved(options)));
}

type Resolved = VerifyWebhookOptions & { readonly verifying: VerifyOptions };

function resolved(given: VerifyWebhookOptions): Resolved {
  // An unset variable must not open the route.
  const options = checkedOptions(given, OPTIONS_SHAPE, { owner: '@VerifyWebhook' });
  const { secret, secretFrom, ...verifying } = options;
  if ((secret === undefined) === (secretFrom === undefined))
    throw new OptionInvalidError(
      'secret',
      'given, or `secretFrom`, and not both; is a variable unset?',
      '@VerifyWebhook',
    );
  return { ...options, verifying };
}

function isUsable(value: unknown): boolean {
  try {
    sortedKeys(value);
    return true;
  } catch {
    return false;
  }
}

const logger = new Logger('VerifyWebhook');

/** A guard class for these options, which Nest makes in the module of the controller. */
function guardOf(options: Resolved): Type<CanActivate> {
  class VerifyWebhookGuard implements CanActivate {
    constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}

    async canActivate(context: ExecutionContext): Promise<boolean> {
      const request = context.switchToHttp().getRequest<WebhookRequest & FrameworkRequest>();
      const raw = await rawBodyOf(request);
      const secret = await this.#secretOf(request);
      try {
        const verified = await verify(request.headers, raw, secret, options.verifying);
        const body = bodyByType(raw, request.headers['content-type'], verified.body);
        keepReceived(request, { ...verified, body });
        return true;
      } catch (error) {
        if (error instanceof KeysUnavailableError) throw unavailable(error);
        if (!(error instanceof VerificationError)) throw error;
        logger.debug(`A request was refused: ${error.reason}.`);
        throw new UnauthorizedException();
      }
    }

    async #secretOf(request: WebhookRequest): Promise<VerifyKeys> {
      const secret = await this.#givenSecret(request);
      if (isGiven(secret)) return secret;
      logger.debug('A request was refused: there is no secret for it.');
      throw new UnauthorizedException();
    }

    #givenSecret(request: WebhookRequest): WebhookSecret | Promise<WebhookSecret> {
      const { secret, secretFrom } = options;
      if (secretFrom !== undefined)
        return this.modules.get<WebhookSecrets>(secretFrom, { strict: false }).secretOf(request);
      return typeof secret === 'function' ? secret(request) : secret;
    }
  }
  return VerifyWebhookGuard;
}

/** The sender tries again later. A 401 could end its attempts. */
function unavailable(error: KeysUnavailableError): ServiceUnavailableException {
  logger.warn(error.message);
  return new ServiceUnavailableException();
}

/** An empty text or list is no key of anybody. */
function isGiven(secret: WebhookSecret): secret is VerifyKeys {
  if (secret === null || secret === undefined || secret === '') return false;
  return !Array.isArray(secret) || secret.length > 0;
}
