import { resolve } from "node:path";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { BucketDeployment, CacheControl, type ISource, Source, type SourceConfig } from "aws-cdk-lib/aws-s3-deployment";
import { IgnoreMode, RemovalPolicy, Stack, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { ConsoleConfig } from "../../console/src/session/config.ts";
import { resourceName, type StageConfig } from "../config.ts";
import { assetFolder, cacheControl, contentSecurityPolicy } from "../console-headers.ts";
import type { ConsoleHosting } from "./console-hosting.ts";
import { wildcardFinding } from "./wildcard-finding.ts";

export interface ConsoleReleaseProps {
  readonly config: StageConfig;
  readonly hosting: Pick<ConsoleHosting, "bucket" | "distribution">;
  /** Folder of the built app. */
  readonly app: string;
  readonly configuration: ConsoleConfig;
  /** What the page may call beside its own origin. */
  readonly connectOrigins: readonly string[];
}

/** For servers that don't compress; CloudFront does. */
const precompressed = ["*.br", "*.gz"];

/**
 * Puts a build and its configuration into the bucket. Hashed files go first and those of earlier releases stay, for
 * pages that are open; the page that names them comes last, so that nobody is sent to a file that isn't there.
 */
export class ConsoleRelease extends Construct {
  constructor(scope: Construct, id: string, props: ConsoleReleaseProps) {
    super(scope, id);
    const { config, hosting, app, configuration, connectOrigins } = props;
    const logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${resourceName(config, "console-release")}`,
      retention: config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const handlerRole = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: `Copies the files of ${resourceName(config, "console")}`,
    });
    // The library would grant itself much more than one release needs.
    const role = handlerRole.withoutPolicyUpdates();
    const bound = (name: string, source: ISource) => source.bind(new Construct(this, name), { handlerRole: role });
    const assetFiles = bound(
      "AssetFiles",
      Source.asset(resolve(app, assetFolder), { exclude: precompressed, ignoreMode: IgnoreMode.GIT }),
    );
    const pageFiles = bound(
      "PageFiles",
      Source.asset(resolve(app), {
        exclude: [`/${assetFolder}/`, ".*", ...precompressed],
        ignoreMode: IgnoreMode.GIT,
      }),
    );
    const configurationFile = bound("Configuration", Source.jsonData("config.json", configuration));
    grantExactly(handlerRole, { hosting, logGroup, sources: [assetFiles, pageFiles, configurationFile] });

    const shared = {
      destinationBucket: hosting.bucket,
      role,
      logGroup,
      prune: false,
      outputObjectKeys: false,
    };
    const assets = new BucketDeployment(this, "Assets", {
      ...shared,
      sources: [{ bind: () => assetFiles }],
      destinationKeyPrefix: assetFolder,
      cacheControl: [CacheControl.fromString(cacheControl.asset)],
    });
    const pages = new BucketDeployment(this, "Pages", {
      ...shared,
      sources: [{ bind: () => pageFiles }, { bind: () => configurationFile }],
      cacheControl: [CacheControl.fromString(cacheControl.page)],
      metadata: { "content-security-policy": contentSecurityPolicy(connectOrigins) },
      distribution: hosting.distribution,
      distributionPaths: ["/index.html", "/config.json"],
    });
    // Grants that don't exist yet would fail the first release.
    assets.node.addDependency(handlerRole);
    pages.node.addDependency(assets);
    this.acknowledge(handlerRole, hosting.bucket);
  }

  private acknowledge(role: Role, bucket: IBucket): void {
    const stack = Stack.of(this);
    // The very export that the reference becomes: the finding names it.
    const files = Stack.of(bucket).exportValue(bucket.bucketArn);
    Validations.of(role).acknowledge({
      id: wildcardFinding(stack, `${files}/*`),
      reason: "A build's files have whatever names the bundler gives them.",
    });
    // The library's own function stands directly in the stack, which holds nothing else.
    const deploys = "It runs while CloudFormation deploys and waits for its answer; its failure fails the deployment.";
    const runtime = "The library chooses the runtime of its own code.";
    Validations.of(stack).acknowledge(
      { id: "AwsSolutions-L1", reason: runtime },
      { id: "Serverless-LambdaLatestVersion", reason: runtime },
      { id: "Serverless-LambdaDLQ", reason: deploys },
      { id: "Serverless-LambdaTracing", reason: deploys },
    );
  }
}

interface Grants {
  readonly hosting: ConsoleReleaseProps["hosting"];
  readonly logGroup: LogGroup;
  readonly sources: readonly SourceConfig[];
}

function grantExactly(role: Role, { hosting, logGroup, sources }: Grants): void {
  const { bucket, distribution } = hosting;
  const allow = (actions: string[], resources: string[]) =>
    role.addToPolicy(new PolicyStatement({ actions, resources }));
  allow(
    ["s3:GetObject"],
    sources.map((source) => source.bucket.arnForObjects(source.zipObjectKey)),
  );
  allow(["s3:ListBucket"], [bucket.bucketArn]);
  allow(["s3:PutObject"], [bucket.arnForObjects("*")]);
  allow(["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"], [distribution.distributionArn]);
  allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup.logGroupArn]);
}
