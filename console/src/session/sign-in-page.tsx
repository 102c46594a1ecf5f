import { Alert, Button, Card, Center, Group, Stack, Text, TextInput, Title, UnstyledButton } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { ProblemNotice } from "../display/states.tsx";
import { spelled } from "../display/status-badge.tsx";
import type { LocalConfig, OidcConfig } from "./config.ts";
import { LOCAL_ORGANIZATION, type LocalPerson, localPeople } from "./local-people.ts";
import { signInLocally } from "./session.ts";
import classes from "./sign-in.module.css";

const route = getRouteApi("/sign-in");

/** Where somebody says who they are: at the identity provider, or on the local cloud by picking a person. */
export function SignInPage() {
  const { auth } = route.useRouteContext({ select: ({ config }) => config });
  const { to, ended } = route.useSearch();
  const returnTo = to?.startsWith("/") && !to.startsWith("//") ? to : "/";
  return (
    <Center mih="100dvh" p="md" component="main">
      <Stack w="100%" maw={460} gap="lg">
        <Group gap="sm">
          <img src="/icon.svg" alt="" width={36} height={36} />
          <div>
            <Title order={1}>Payouts</Title>
            <Text c="dimmed" size="sm">
              {auth.kind === "local" ? "The local cloud: be whoever you like" : "Sign in to your organization"}
            </Text>
          </div>
        </Group>
        {ended !== undefined && <Alert color="yellow">Your session has ended. Sign in to go on where you were.</Alert>}
        {auth.kind === "local" ? (
          <PickPerson auth={auth} returnTo={returnTo} />
        ) : (
          <GoToIssuer auth={auth} returnTo={returnTo} />
        )}
      </Stack>
    </Center>
  );
}

function PickPerson({ auth, returnTo }: { auth: LocalConfig; returnTo: string }) {
  const [organization, setOrganization] = useState<string>(LOCAL_ORGANIZATION);
  const [busy, setBusy] = useState<LocalPerson>();
  const [error, setError] = useState<Error>();

  async function enter(person: LocalPerson) {
    setBusy(person);
    setError(undefined);
    try {
      await signInLocally(auth, { person, organization });
      // Loaded anew: nothing of the person before stays in memory.
      location.assign(returnTo);
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
      setBusy(undefined);
    }
  }

  return (
    <Card withBorder p="md">
      <Stack gap="sm">
        <TextInput
          label="Organization"
          description="Any name makes one; demo data fills it"
          value={organization}
          onChange={(event) => setOrganization(event.currentTarget.value)}
        />
        <Text size="sm" fw={500} id="people">
          Who are you?
        </Text>
        <ul className={classes.people} aria-labelledby="people">
          {localPeople.map((person) => (
            <li key={person.subject}>
              <UnstyledButton
                className={classes.person}
                disabled={busy !== undefined || organization.trim() === ""}
                onClick={() => void enter(person)}
                aria-busy={busy === person}
              >
                <span className={classes.name}>{person.subject}</span>
                <span>{spelled(person.role)}</span>
                <span className={classes.does}>{person.does}</span>
              </UnstyledButton>
            </li>
          ))}
        </ul>
        {error !== undefined && <ProblemNotice error={error} />}
      </Stack>
    </Card>
  );
}

function GoToIssuer({ auth, returnTo }: { auth: OidcConfig; returnTo: string }) {
  const [error, setError] = useState<Error>();
  async function leave() {
    try {
      const { beginSignIn } = await import("./oidc.ts");
      await beginSignIn(auth, returnTo);
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
    }
  }
  return (
    <Stack>
      <Button onClick={() => void leave()}>Sign in</Button>
      {error !== undefined && <ProblemNotice error={error} />}
    </Stack>
  );
}
