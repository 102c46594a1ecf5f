import { Stack, type StackProps } from "aws-cdk-lib/core";
import type { Construct } from "constructs";
import type { StageConfig } from "../config.ts";
import { createAuditTable } from "../constructs/audit-table.ts";
import { createDomainTable } from "../constructs/domain-table.ts";
import { PayoutBus } from "../constructs/payout-bus.ts";
import { ProviderSecret } from "../constructs/provider-secret.ts";
import type { State } from "../platform.ts";

/** What must survive everything else: records, audit log, secrets, and the bus that others publish and subscribe to. */
export class StatefulStack extends Stack {
  readonly state: State;

  constructor(scope: Construct, id: string, { config, ...props }: StackProps & { config: StageConfig }) {
    super(scope, id, props);
    this.state = {
      table: createDomainTable(this, "Table", config),
      auditTable: createAuditTable(this, "AuditTable", config),
      bus: new PayoutBus(this, "PayoutBus", config).bus,
      stripeApiKey: new ProviderSecret(this, "StripeApiKey", {
        name: secretNames(config).stripeApiKey,
        description: 'Set by a person: {"apiKey": "sk_…"}',
      }),
      stripeWebhookSecret: new ProviderSecret(this, "StripeWebhookSecret", {
        name: secretNames(config).stripeWebhookSecret,
        description: 'Set by a person: {"signingSecret": "whsec_…"}',
      }),
    };
  }
}

export const secretNames = ({ stage }: StageConfig) => ({
  stripeApiKey: `payouts/${stage}/stripe-api-key`,
  stripeWebhookSecret: `payouts/${stage}/stripe-webhook-secret`,
});
