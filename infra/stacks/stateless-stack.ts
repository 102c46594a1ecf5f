import { Stack, type StackProps } from "aws-cdk-lib/core";
import type { Construct } from "constructs";
import type { Bundles } from "../bundle.ts";
import type { StageConfig } from "../config.ts";
import { AlarmTopic } from "../constructs/alarm-topic.ts";
import { ChangeFeed } from "../constructs/change-feed.ts";
import { HttpApi } from "../constructs/http-api.ts";
import { Intake } from "../constructs/intake.ts";
import { Monitoring } from "../constructs/monitoring.ts";
import { PlatformAdministration } from "../constructs/platform-administration.ts";
import { PlatformOperation } from "../constructs/platform-operation.ts";
import { ProviderWebhooks } from "../constructs/provider-webhooks.ts";
import { Releases } from "../constructs/releases.ts";
import { Sending } from "../constructs/sending.ts";
import type { Platform, State } from "../platform.ts";

export interface StatelessStackProps extends StackProps {
  readonly config: StageConfig;
  readonly state: State;
  readonly bundles: Bundles;
}

/** Everything that can be deleted and deployed again without losing a record. */
export class StatelessStack extends Stack {
  /** Address of the HTTP API, without a path. */
  readonly apiUrl: string;

  constructor(scope: Construct, id: string, { config, state, bundles, ...props }: StatelessStackProps) {
    super(scope, id, props);
    const alarms = new AlarmTopic(this, "Alarms", config);
    const platform: Platform = { ...state, config, bundles, alarms, functions: [], failureQueues: new Map() };
    new Intake(this, "Intake", platform);
    new Releases(this, "Releases", platform);
    const sending = new Sending(this, "Sending", platform);
    new ProviderWebhooks(this, "ProviderWebhooks", platform);
    new ChangeFeed(this, "ChangeFeed", platform);
    new PlatformAdministration(this, "PlatformAdministration", platform);
    const operation = new PlatformOperation(this, "PlatformOperation", { platform, retry: sending.retry });
    this.apiUrl = new HttpApi(this, "HttpApi", { platform, operators: operation.service }).api.apiEndpoint;
    new Monitoring(this, "Monitoring", { platform, retry: sending.retry });
  }
}
