import { Center, Loader } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { ProblemNotice } from "../display/states.tsx";
import { finishSignIn } from "./oidc.ts";

const route = getRouteApi("/signed-in");

/** Where the identity provider sends people back to. */
export function SignedInPage() {
  const { auth } = route.useRouteContext({ select: ({ config }) => config });
  const [error, setError] = useState<Error>();
  useEffect(() => {
    if (auth.kind !== "oidc") return location.assign("/");
    finishSignIn(auth).then(
      (to) => location.replace(to),
      (cause: unknown) => setError(cause instanceof Error ? cause : new Error(String(cause))),
    );
  }, [auth]);
  return (
    <Center mih="100dvh" p="md" component="main">
      {error === undefined ? (
        <Loader aria-label="Signing in" />
      ) : (
        <ProblemNotice error={error} onRetry={() => location.assign("/sign-in")} />
      )}
    </Center>
  );
}
