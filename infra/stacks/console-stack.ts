import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib/core";
import type { Construct } from "constructs";
import type { StageConfig } from "../config.ts";
import { ConsoleHosting } from "../constructs/console-hosting.ts";

/** Where the admin console lives. It comes before the API, which has to allow the console's origin. */
export class ConsoleStack extends Stack {
  readonly hosting: ConsoleHosting;

  constructor(scope: Construct, id: string, { config, ...props }: StackProps & { config: StageConfig }) {
    super(scope, id, props);
    this.hosting = new ConsoleHosting(this, "Hosting", config);
    new CfnOutput(this, "Url", { value: this.hosting.origin });
    new CfnOutput(this, "DistributionDomain", { value: this.hosting.distribution.domainName });
    // Stays exported when a domain of one's own takes its place: the API's stack is deployed after this one.
    this.exportValue(this.hosting.distribution.domainName);
  }
}
