import { Stack, type StackProps } from "aws-cdk-lib/core";
import type { Construct } from "constructs";
import type { StageConfig } from "../config.ts";
import { deployedConfiguration, identityOrigins } from "../console-configuration.ts";
import type { ConsoleHosting } from "../constructs/console-hosting.ts";
import { ConsoleRelease } from "../constructs/console-release.ts";

export interface ConsoleReleaseStackProps extends StackProps {
  readonly config: StageConfig;
  readonly clientId: string;
  readonly hosting: ConsoleHosting;
  readonly apiUrl: string;
  /** Folder of the built app. */
  readonly app: string;
}

/** The console's files. They come after the API, whose address they name. */
export class ConsoleReleaseStack extends Stack {
  constructor(scope: Construct, id: string, props: ConsoleReleaseStackProps) {
    const { config, clientId, hosting, apiUrl, app, ...stackProps } = props;
    super(scope, id, stackProps);
    new ConsoleRelease(this, "Release", {
      config,
      hosting,
      app,
      configuration: deployedConfiguration(config, { clientId, apiUrl }),
      connectOrigins: [apiUrl, ...identityOrigins(config)],
    });
  }
}
