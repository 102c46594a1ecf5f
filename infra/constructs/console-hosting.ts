import { resolve } from "node:path";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  AccessLevel,
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import { Aws, Duration, Stack, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { resourceName, type StageConfig } from "../config.ts";
import { identityOrigins } from "../console-configuration.ts";
import { assetFolder, contentSecurityPolicy, isolationHeaders, strictTransportSecurity } from "../console-headers.ts";

/** How long a file that a release has replaced can be brought back. */
const REPLACED_FILES_KEPT = Duration.days(90);

function privateBucket(scope: Construct, id: string, props: BucketProps): IBucket {
  const bucket = new Bucket(scope, id, {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    ...props,
  });
  // The library writes its optional properties in two ways, which exact optional types tell apart.
  return bucket as IBucket;
}

/** A private bucket and the distribution before it; what they serve is released later, when the API's address is known. */
export class ConsoleHosting extends Construct {
  readonly bucket: IBucket;
  readonly distribution: Distribution;
  /** What a browser names as the origin of the console's pages; the API has to allow it. */
  readonly origin: string;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    const logs = this.accessLogBucket(config);
    this.bucket = privateBucket(this, "Files", {
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      lifecycleRules: [
        {
          id: "drop-replaced-files",
          noncurrentVersionExpiration: REPLACED_FILES_KEPT,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: "bucket/",
    });
    const { consoleDomain, consoleCertificateArn } = config;
    const domain =
      consoleDomain === undefined || consoleCertificateArn === undefined
        ? undefined
        : {
            domainNames: [consoleDomain],
            certificate: Certificate.fromCertificateArn(this, "Certificate", consoleCertificateArn),
          };
    const behavior = this.behavior(config);
    this.distribution = new Distribution(this, "Distribution", {
      comment: resourceName(config, "console"),
      ...(domain && { ...domain, minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021 }),
      httpVersion: HttpVersion.HTTP2_AND_3,
      enableIpv6: true,
      defaultRootObject: "index.html",
      defaultBehavior: {
        ...behavior,
        functionAssociations: [
          {
            eventType: FunctionEventType.VIEWER_REQUEST,
            function: this.edgeFunction("ViewerRequest", "console-viewer-request.js", "One page for all paths"),
          },
          {
            eventType: FunctionEventType.VIEWER_RESPONSE,
            function: this.edgeFunction("ViewerResponse", "console-viewer-response.js", "The page's own policy"),
          },
        ],
      },
      // Neither function has anything to do for a hashed file.
      additionalBehaviors: { [`/${assetFolder}/*`]: behavior },
      enableLogging: true,
      logBucket: logs,
      logFilePrefix: "distribution/",
      logIncludesCookies: false,
    });
    this.origin = `https://${consoleDomain ?? this.distribution.domainName}`;
    this.acknowledge(domain !== undefined);
  }

  private acknowledge(hasDomain: boolean): void {
    Validations.of(this.distribution).acknowledge(
      { id: "AwsSolutions-CFR1", reason: "Operators may work from any country; the API decides who is let in." },
      {
        id: "AwsSolutions-CFR2",
        reason: "It serves the same public files to everybody and forwards nothing; the API throttles for itself.",
      },
      {
        id: "@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk",
        reason: "The root is the page, by the default root object as by the function; no path lists the bucket.",
      },
    );
    if (hasDomain) return;
    Validations.of(this.distribution).acknowledge({
      id: "AwsSolutions-CFR4",
      reason: "CloudFront's own certificate comes with its own minimum; consoleDomain makes it TLS 1.2.",
    });
  }

  private accessLogBucket({ logRetentionDays }: StageConfig): IBucket {
    const logs = privateBucket(this, "AccessLogs", {
      // CloudFront delivers its logs with an ACL, in any region that the bucket is in.
      objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
      lifecycleRules: [
        {
          id: "drop-old-logs",
          expiration: Duration.days(logRetentionDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    Validations.of(logs).acknowledge({
      id: "AwsSolutions-S1",
      reason: "It holds the access logs; logs of their delivery would only fill it.",
    });
    return logs;
  }

  private behavior(config: StageConfig): BehaviorOptions {
    return {
      origin: S3BucketOrigin.withOriginAccessControl(this.bucket, {
        // With LIST a missing file is a 404 instead of a 403; no path reaches the listing, since "/" is the page.
        originAccessLevels: [AccessLevel.READ, AccessLevel.LIST],
      }),
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      cachePolicy: CachePolicy.CACHING_OPTIMIZED,
      compress: true,
      responseHeadersPolicy: this.responseHeaders(config),
    };
  }

  private responseHeaders(config: StageConfig): ResponseHeadersPolicy {
    const anyApi = `https://*.execute-api.${Stack.of(this).region}.${Aws.URL_SUFFIX}`;
    return new ResponseHeadersPolicy(this, "Headers", {
      comment: `Security headers of ${resourceName(config, "console")}`,
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy: contentSecurityPolicy([anyApi, ...identityOrigins(config)]),
          // The page's own policy, which names the one API, goes before this.
          override: false,
        },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.seconds(strictTransportSecurity.maxAgeSeconds),
          includeSubdomains: strictTransportSecurity.includeSubdomains,
          override: true,
        },
      },
      customHeadersBehavior: {
        customHeaders: Object.entries(isolationHeaders).map(([header, value]) => ({ header, value, override: true })),
      },
    });
  }

  private edgeFunction(id: string, file: string, comment: string): EdgeFunction {
    return new EdgeFunction(this, id, {
      comment,
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromFile({ filePath: resolve(import.meta.dirname, file) }),
    });
  }
}
