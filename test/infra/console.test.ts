import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { resolveConfig } from "../../infra/config.ts";
import { contentSecurityPolicy, isolationHeaders, securityHeaders } from "../../infra/console-headers.ts";
import { synthesize } from "./synthesized.ts";

const prod = synthesize({ overrides: { consoleClientId: "console-1" } });
const API = "Api:payouts-prod-api.ApiEndpoint";

const only = (type: string) => {
  const [found, ...others] = prod.all(type);
  if (found === undefined || others.length > 0) throw new Error(`${type}: ${others.length + 1}`);
  return found;
};
interface Behavior {
  readonly PathPattern?: string;
  readonly FunctionAssociations?: readonly { EventType: string }[];
}
interface Distribution {
  readonly DefaultCacheBehavior: Behavior;
  readonly CacheBehaviors: readonly Behavior[];
  readonly Origins: readonly { OriginAccessControlId: string }[];
}
const distribution = only("CloudFront::Distribution").Properties.DistributionConfig as Distribution;

describe("the console's bucket", () => {
  const bucket = prod.all("S3::Bucket").find(({ Properties }) => Properties.VersioningConfiguration !== undefined);

  it("is private, encrypted and versioned", () => {
    expect(bucket).toMatchObject({
      DeletionPolicy: "Retain",
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
        VersioningConfiguration: { Status: "Enabled" },
        BucketEncryption: expect.anything(),
        LoggingConfiguration: expect.anything(),
      },
    });
  });

  it("is read by its own distribution alone, and by nobody without TLS", () => {
    const statements = prod
      .all("S3::BucketPolicy")
      .map(({ Properties }) => (Properties.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement);
    const allowed = statements.flat().filter(({ Effect }) => Effect === "Allow");
    expect(allowed.map(({ Principal, Action }) => [Principal, Action])).toEqual([
      [{ Service: "logging.s3.amazonaws.com" }, "s3:PutObject"],
      [{ Service: "cloudfront.amazonaws.com" }, ["s3:GetObject", "s3:ListBucket"]],
    ]);
    expect(allowed[1]?.Condition).toEqual({
      StringEquals: { "AWS:SourceArn": expect.stringMatching(/:distribution\/Distribution:\w+$/) },
    });
    for (const policy of statements) {
      expect(policy).toContainEqual(
        expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      );
    }
    expect(only("CloudFront::OriginAccessControl").Properties.OriginAccessControlConfig).toMatchObject({
      OriginAccessControlOriginType: "s3",
      SigningBehavior: "always",
      SigningProtocol: "sigv4",
    });
    expect(distribution.Origins).toMatchObject([{ OriginAccessControlId: expect.stringContaining(".Id") }]);
  });
});

describe("the distribution", () => {
  it("speaks HTTP/2 and 3 over TLS only, on IPv6 too, and keeps logs", () => {
    expect(distribution).toMatchObject({
      HttpVersion: "http2and3",
      IPV6Enabled: true,
      DefaultRootObject: "index.html",
      Logging: { IncludeCookies: false },
      DefaultCacheBehavior: { ViewerProtocolPolicy: "redirect-to-https", Compress: true },
      CacheBehaviors: [{ ViewerProtocolPolicy: "redirect-to-https", Compress: true }],
    });
  });

  it("runs its functions for pages and not for hashed files", () => {
    expect(distribution.DefaultCacheBehavior.FunctionAssociations?.map(({ EventType }) => EventType)).toEqual([
      "viewer-request",
      "viewer-response",
    ]);
    expect(distribution.CacheBehaviors).toEqual([
      expect.not.objectContaining({ FunctionAssociations: expect.anything() }),
    ]);
    expect(distribution.CacheBehaviors[0]?.PathPattern).toBe("/assets/*");
  });

  it("never answers an error with the page", () => {
    expect(distribution).not.toHaveProperty("CustomErrorResponses");
  });

  it("takes a domain with its certificate, and then TLS 1.2 at least", () => {
    const consoleCertificateArn = "arn:aws:acm:us-east-1:333333333333:certificate/1a2b";
    const own = synthesize({
      overrides: { consoleClientId: "console-1", consoleDomain: "console.example.com", consoleCertificateArn },
    });
    expect(own.all("CloudFront::Distribution")[0]?.Properties.DistributionConfig).toMatchObject({
      Aliases: ["console.example.com"],
      ViewerCertificate: {
        AcmCertificateArn: consoleCertificateArn,
        MinimumProtocolVersion: "TLSv1.2_2021",
        SslSupportMethod: "sni-only",
      },
    });
    expect(corsOf(own)).toMatchObject({ AllowOrigins: ["https://console.example.com"] });
  });
});

describe("the headers", () => {
  const config = only("CloudFront::ResponseHeadersPolicy").Properties.ResponseHeadersPolicyConfig as {
    CustomHeadersConfig: { Items: { Header: string; Value: string }[] };
    SecurityHeadersConfig: { ContentSecurityPolicy: { ContentSecurityPolicy: string } };
  };

  it("are those that the local cloud sends, and HSTS", () => {
    const { ContentSecurityPolicy: policy, ...standard } = config.SecurityHeadersConfig;
    expect(standard).toEqual({
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: securityHeaders["x-frame-options"], Override: true },
      ReferrerPolicy: { ReferrerPolicy: securityHeaders["referrer-policy"], Override: true },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 63_072_000, IncludeSubdomains: true, Override: true },
    });
    expect(Object.keys(securityHeaders).sort()).toEqual([
      "referrer-policy",
      "x-content-type-options",
      "x-frame-options",
    ]);
    const further = config.CustomHeadersConfig.Items.map(({ Header, Value }) => [Header, Value]);
    expect(Object.fromEntries(further)).toEqual(isolationHeaders);
    expect(policy.ContentSecurityPolicy).toBe(
      contentSecurityPolicy(["https://*.execute-api.<AWS::Region>.<AWS::URLSuffix>", "https://issuer.example.com"]),
    );
  });

  it("let no script run that isn't a file of the console, and no other page frame it", () => {
    const directives = contentSecurityPolicy(["https://api.example.com"]).split("; ");
    expect(directives).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self' https://api.example.com",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]),
    );
  });
});

/** A function of the distribution, run as it stands in the template. */
function edgeFunction(name: string): (event: object) => unknown {
  const [found] = prod.all("CloudFront::Function").filter(({ Properties }) => String(Properties.Name).includes(name));
  return runInNewContext(`${found?.Properties.FunctionCode}; handler`);
}

describe("a path", () => {
  const viewerRequest = edgeFunction("ViewerRequest");

  it.each([
    ["/", "/index.html"],
    ["/payouts", "/index.html"],
    ["/payouts/po_01H", "/index.html"],
    ["/payees/j.doe", "/index.html"],
    ["/roles/auth0%7C65f0.ab", "/index.html"],
    ["/signed-in", "/index.html"],
    ["/index.html", "/index.html"],
    ["/config.json", "/config.json"],
    ["/icon.svg", "/icon.svg"],
    ["/missing.js", "/missing.js"],
    ["/nested/missing.CSS", "/nested/missing.CSS"],
    ["/robots.txt", "/robots.txt"],
  ])("%s is answered with %s", (uri, answered) => {
    expect(viewerRequest({ request: { uri, method: "GET" } })).toEqual({ uri: answered, method: "GET" });
  });
});

describe("an answer", () => {
  const viewerResponse = edgeFunction("ViewerResponse");

  it("of the page has the policy that came with the release", () => {
    const headers = { "x-amz-meta-content-security-policy": { value: "default-src 'none'" }, etag: { value: "1" } };
    expect(viewerResponse({ response: { statusCode: 200, headers } })).toEqual({
      statusCode: 200,
      headers: { "content-security-policy": { value: "default-src 'none'" }, etag: { value: "1" } },
    });
  });

  it("without one keeps the distribution's", () => {
    const headers = { "content-security-policy": { value: "script-src 'self'" } };
    expect(viewerResponse({ response: { headers } })).toEqual({ response: { headers } }.response);
  });
});

const corsOf = (deployment: typeof prod) => deployment.all("ApiGatewayV2::Api")[0]?.Properties.CorsConfiguration;

describe("the API", () => {
  it("allows the console's origin beside those that are configured", () => {
    const own = expect.stringMatching(/^https:\/\/Distribution:\w+\.DomainName$/);
    expect(corsOf(prod)).toMatchObject({ AllowOrigins: [own] });
    const also = synthesize({
      overrides: { consoleClientId: "console-1", consoleOrigins: "https://other.example.com" },
    });
    expect(corsOf(also)).toMatchObject({ AllowOrigins: ["https://other.example.com", own] });
  });
});

describe("a release", () => {
  interface Release {
    readonly DestinationBucketKeyPrefix?: string;
    readonly SourceMarkers?: readonly Readonly<Record<string, string>>[];
  }
  const releases = prod.all("Custom::CDKBucketDeployment");
  const [assets, pages] = ["assets", undefined].map((prefix) =>
    releases.find(({ Properties }) => (Properties as Release).DestinationBucketKeyPrefix === prefix),
  );

  it("keeps hashed files for a year, and those of earlier releases for open pages", () => {
    expect(assets?.Properties).toMatchObject({
      Prune: false,
      SystemMetadata: { "cache-control": "public, max-age=31536000, immutable" },
    });
  });

  it("has pages asked for each time, and takes them out of the caches", () => {
    expect(pages?.Properties).toMatchObject({
      Prune: false,
      SystemMetadata: { "cache-control": "no-cache" },
      DistributionPaths: ["/index.html", "/config.json"],
      DistributionId: expect.stringMatching(/^Distribution:/),
    });
  });

  it("puts the page last, so that what it names is there", () => {
    const templates = JSON.parse(prod.text) as { Resources: Record<string, { Type: string; DependsOn?: string[] }> }[];
    const order = templates
      .flatMap(({ Resources }) => Object.entries(Resources))
      .filter(([, { Type }]) => Type === "Custom::CDKBucketDeployment");
    const [[assetsId] = [], [, page] = []] = order;
    expect(assetsId).toContain("Assets");
    expect(page?.DependsOn).toContain(assetsId);
  });

  it("stores the page with the policy that names its own API", () => {
    expect(pages?.Properties.UserMetadata).toEqual({
      "content-security-policy": contentSecurityPolicy([API, "https://issuer.example.com"]),
    });
  });

  it("takes the app's files without what is only of use elsewhere", () => {
    const released = prod.assets.map((files) => Object.keys(files).sort());
    expect(released).toContainEqual(["icon.svg", "index.html"]);
    expect(released).toContainEqual(["app-1a2b.js"]);
  });

  function configurationOf(deployment: typeof prod): unknown {
    const text = deployment.assets.find((files) => "config.json" in files)?.["config.json"] ?? "";
    const markers = deployment
      .all("Custom::CDKBucketDeployment")
      .flatMap(({ Properties }) => (Properties as Release).SourceMarkers ?? [])
      .flatMap((bySource) => Object.entries(bySource));
    return JSON.parse(markers.reduce((left, [marker, value]) => left.replaceAll(`"${marker}"`, `"${value}"`), text));
  }

  it("tells the console its API and where people sign in", () => {
    expect(configurationOf(prod)).toEqual({
      api: API,
      auth: {
        kind: "oidc",
        authority: "https://issuer.example.com",
        client_id: "console-1",
        scope: "openid profile email",
        token: "access_token",
      },
    });
  });

  it("follows the provider's wishes", () => {
    const cognito = synthesize({
      overrides: {
        jwtIssuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab1",
        consoleClientId: "console-1",
        consoleAudience: "payouts",
        consoleScope: "openid",
        consoleToken: "id_token",
        identityOrigins: "https://payouts.auth.eu-west-1.amazoncognito.com/",
      },
    });
    expect(configurationOf(cognito)).toMatchObject({
      auth: { audience: "payouts", scope: "openid", token: "id_token" },
    });
    const policies = cognito.all("Custom::CDKBucketDeployment").map(({ Properties }) => Properties.UserMetadata);
    expect(policies).toContainEqual({
      "content-security-policy": contentSecurityPolicy([
        API,
        "https://cognito-idp.eu-west-1.amazonaws.com",
        "https://payouts.auth.eu-west-1.amazoncognito.com",
      ]),
    });
  });

  it("may read its own files, write to the console's bucket and nothing else", () => {
    const python = prod
      .all("Lambda::Function")
      .find(({ Properties }) => String(Properties.Runtime).startsWith("python"));
    const grants = prod.grantsOf(python?.Properties.Role);
    const to = (action: string) => grants.filter((grant) => grant.startsWith(`${action} on `));
    expect(to("s3:GetObject")).toHaveLength(3);
    expect(to("s3:GetObject").join()).not.toContain("*");
    expect(to("s3:PutObject")).toEqual([expect.stringMatching(/ on Bucket:HostingFiles\w+\.Arn\/\*$/)]);
    expect(to("s3:ListBucket")).toEqual([expect.stringMatching(/ on Bucket:HostingFiles\w+\.Arn$/)]);
    for (const action of ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"]) {
      expect(to(action)).toEqual([expect.stringMatching(/:distribution\/Distribution:\w+$/)]);
    }
    expect(grants).toHaveLength(7);
  });
});

describe("without a console", () => {
  it.each([
    ["the local cloud", { stage: "local", overrides: { consoleClientId: "console-1" } }],
    ["a stage without a client id", { stage: "prod" }],
  ] as const)("%s has nothing of it", (_what, options) => {
    const deployment = synthesize(options);
    for (const type of [
      "S3::Bucket",
      "CloudFront::Distribution",
      "CloudFront::Function",
      "Custom::CDKBucketDeployment",
    ]) {
      expect(deployment.all(type), type).toEqual([]);
    }
  });
});

describe("the settings", () => {
  const identity = { jwtIssuer: "https://issuer.example.com", jwtAudience: "payouts" };

  it.each([
    ["a domain without its certificate", { consoleDomain: "console.example.com" }, "come together"],
    [
      "a certificate of another region",
      {
        consoleDomain: "console.example.com",
        consoleCertificateArn: "arn:aws:acm:eu-west-1:333333333333:certificate/1a2b",
      },
      "us-east-1",
    ],
    ["an identity origin without TLS", { identityOrigins: "http://id.example.com" }, "identityOrigins"],
    ["a token of another kind", { consoleToken: "refresh_token" }, "consoleToken"],
  ])("refuse %s", (_what, overrides, complaint) => {
    expect(() => resolveConfig("prod", { ...identity, ...overrides })).toThrow(complaint);
  });
});
