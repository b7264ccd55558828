import { Controller, HttpCode, Injectable, Module, Post } from '@nestjs/common';
import {
  type ReceivedEvent,
  VerifyWebhook,
  WebhookEvent,
  type WebhookSecrets,
} from 'typeorm-model-hooks/nestjs/receiver';

/** The secrets that the shop gave to this partner. */
@Injectable()
export class Secrets implements WebhookSecrets {
  readonly known: string[] = [];

  secretOf(): readonly string[] {
    return this.known;
  }
}

@Injectable()
export class Inbox {
  readonly received: unknown[] = [];
  /** Requests are answered after it. */
  gate: Promise<unknown> = Promise.resolve();
}

@Controller('webhooks')
export class WebhooksController {
  constructor(private readonly inbox: Inbox) {}

  @Post()
  @HttpCode(200)
  @VerifyWebhook({ secretFrom: Secrets })
  async receive(@WebhookEvent() { event, body }: ReceivedEvent): Promise<string> {
    this.inbox.received.push({ event, body });
    await this.inbox.gate;
    return 'ok';
  }
}

/** A partner of the shop: an application that only receives. It needs the option `rawBody`. */
@Module({ controllers: [WebhooksController], providers: [Secrets, Inbox] })
export class PartnerModule {}
