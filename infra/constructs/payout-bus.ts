import { EventBus } from "aws-cdk-lib/aws-events";
import { AccountPrincipal, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Duration, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { resourceName, type StageConfig } from "../config.ts";

/** The custom bus: inbound events, domain events and fired schedules, all archived for replay. */
export class PayoutBus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    this.bus = new EventBus(this, "Bus", {
      eventBusName: resourceName(config),
      description: "Inbound placement events, payout domain events and fired schedules",
    });
    if (config.publisherAccounts.length > 0) {
      this.bus.addToResourcePolicy(
        new PolicyStatement({
          sid: "PublishersPutTheirSources",
          principals: config.publisherAccounts.map((account) => new AccountPrincipal(account)),
          actions: ["events:PutEvents"],
          resources: [this.bus.eventBusArn],
          conditions: { StringEquals: { "events:source": config.sources } },
        }),
      );
    }
    this.bus.archive("Archive", {
      archiveName: resourceName(config),
      eventPattern: { account: [Stack.of(this).account, ...config.publisherAccounts] },
      retention: Duration.days(config.archiveRetentionDays),
    });
  }
}
