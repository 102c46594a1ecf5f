import { ulid } from "ulid";
import type { PayoutGateway } from "../providers/gateway.ts";
import { createStripeGateway } from "../providers/stripe/gateway.ts";
import { logger } from "../runtime/logger.ts";
import { recordMetric } from "../runtime/metrics.ts";
import { createSecrets, secretField } from "../runtime/secrets.ts";
import { type AttemptCommand, type AttemptResult, createAttempts } from "./attempts.ts";
import { createPace } from "./pace.ts";
import type { Surroundings } from "./run.ts";

export interface StripeOptions {
  readonly world: Surroundings;
  readonly secretArn: string;
  readonly apiUrl: string;
}

/** The gateway with the key as it is now; a rotated key makes a new one. */
export function createStripeGateways({ world, secretArn, apiUrl }: StripeOptions) {
  const secrets = createSecrets(world.now);
  let current: { apiKey: string; gateway: PayoutGateway } | undefined;
  return async (): Promise<PayoutGateway> => {
    const apiKey = secretField(await secrets(secretArn), "apiKey");
    if (apiKey === undefined) throw new TypeError("the Stripe key's secret is empty");
    if (current?.apiKey !== apiKey) current = { apiKey, gateway: createStripeGateway({ apiKey, apiUrl }) };
    return current.gateway;
  };
}

/** Attempts at Stripe, paced by the limit that all functions share. */
export function createStripeAttempts(options: StripeOptions & { readonly requestsPerSecond: number }) {
  const { world, requestsPerSecond } = options;
  const gateways = createStripeGateways(options);
  const take = createPace({ ...world, provider: "stripe", requestsPerSecond });

  return async (command: AttemptCommand): Promise<AttemptResult> => {
    const attempts = createAttempts({
      ...world,
      gateway: await gateways(),
      pace: take,
      newId: () => ulid(world.now()),
      alert: (alert, transfer) => {
        logger.error("a transfer needs a person", { alert, transferId: transfer.id, outcome: transfer.outcome });
      },
      observe: (transfer, circuitOpened) => {
        if (circuitOpened) recordMetric("CircuitOpened");
        if (transfer.status === "outcome_unknown") recordMetric("OutcomeUnknown");
        if (transfer.status === "failed_terminal") recordMetric("FailedTerminal");
      },
    });
    return attempts.attempt(command);
  };
}
