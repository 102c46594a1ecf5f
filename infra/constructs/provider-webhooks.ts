import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import { CfnOutput } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { EVENT_SOURCE, type EventType } from "../../shared/events/event-types.ts";
import type { Platform } from "../platform.ts";
import { subscribe } from "./event-rule.ts";
import { commandActions, ServiceFunction } from "./service-function.ts";

/** What Stripe tells: stored once at the public URL, applied later from the stream. */
export class ProviderWebhooks extends Construct {
  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    this.receive(platform);
    this.apply(platform);
  }

  private receive(platform: Platform): void {
    const { config, table, stripeWebhookSecret } = platform;
    const receiver = new ServiceFunction(this, "ReceiveStripeWebhook", {
      platform,
      name: "receive-stripe-webhook",
      invocation: "sync",
      memoryMb: 512,
      timeoutSeconds: 10,
      reservedConcurrency: config.webhookReservedConcurrency,
    })
      .bindTable(table, { actions: ["PutItem"] })
      .bindSecret(stripeWebhookSecret, "STRIPE_WEBHOOK_SECRET_ARN");
    const url = receiver.lambda.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    new CfnOutput(this, "StripeWebhookUrl", { value: url.url, description: "The endpoint to register at Stripe" });
  }

  private apply(platform: Platform): void {
    const { config, table, bus, stripeApiKey } = platform;
    const apply = new ServiceFunction(this, "ApplyProviderEvent", {
      platform,
      name: "apply-provider-event",
      invocation: "async",
      memoryMb: 1024,
      timeoutSeconds: 60,
      environment: { STRIPE_API_URL: config.stripeApiUrl },
    })
      .bindTable(table, { actions: [...commandActions, "GetItem"] })
      .bindSecret(stripeApiKey, "STRIPE_SECRET_ARN")
      .bindBus(bus);
    subscribe(this, "Received", {
      platform,
      target: apply,
      pattern: { source: [EVENT_SOURCE], detailType: ["provider_event.received"] satisfies EventType[] },
    });
  }
}
