import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { createSecrets, secretField } from "../../../shared/runtime/secrets.ts";

const client = new SecretsManagerClient({ region: "eu-central-1" });
const mock = mockClient(client);
let nowMs = 0;
let read: ReturnType<typeof createSecrets>;
beforeEach(() => {
  mock.reset();
  nowMs = 0;
  read = createSecrets(() => nowMs, client);
});

const notFound = new ResourceNotFoundException({ message: "none", $metadata: {} });

describe("a secret", () => {
  it("is kept for five minutes, then read again, so that a rotated one is taken up", async () => {
    mock.on(GetSecretValueCommand).resolvesOnce({ SecretString: "old" }).resolves({ SecretString: "new" });
    expect(await read("arn")).toBe("old");
    nowMs = 5 * 60_000 - 1;
    expect(await read("arn")).toBe("old");
    nowMs += 1;
    expect(await read("arn")).toBe("new");
    expect(mock.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  it("has no previous stage before its first rotation", async () => {
    mock.on(GetSecretValueCommand).rejects(notFound);
    expect(await read("arn", "AWSPREVIOUS")).toBeUndefined();
  });

  it("that is missing in its current stage is an error, and is asked for again", async () => {
    mock.on(GetSecretValueCommand).rejectsOnce(notFound).resolves({ SecretString: "now" });
    await expect(read("arn")).rejects.toThrow("none");
    expect(await read("arn")).toBe("now");
  });

  it("keeps its stages apart", async () => {
    mock.on(GetSecretValueCommand, { VersionStage: "AWSCURRENT" }).resolves({ SecretString: "new" });
    mock.on(GetSecretValueCommand, { VersionStage: "AWSPREVIOUS" }).resolves({ SecretString: "old" });
    expect([await read("arn"), await read("arn", "AWSPREVIOUS")]).toEqual(["new", "old"]);
  });
});

describe("a secret's field", () => {
  it("is read from its JSON; of no secret there is none", () => {
    expect(secretField('{"apiKey":"k"}', "apiKey")).toBe("k");
    expect(secretField(undefined, "apiKey")).toBeUndefined();
  });

  it.each(['{"other":"hidden"}', '{"apiKey":""}', '{"apiKey":1}', '"hidden"'])(
    "that is missing is an error without the value: %s",
    (json) => {
      expect(() => secretField(json, "apiKey")).toThrow("the secret has no field apiKey");
    },
  );
});
