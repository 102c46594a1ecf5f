import { Button, Container } from "@mantine/core";
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { EmptyState, LoadingLines, ProblemNotice } from "../display/states.tsx";

export function PagePending() {
  return <LoadingLines />;
}

export function PageFailed({ error, reset }: ErrorComponentProps) {
  return (
    <Container size="sm" py="xl">
      <ProblemNotice error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
    </Container>
  );
}

export function NotFound() {
  return (
    <Container size="sm" py="xl">
      <EmptyState title="There is no such page">
        <Button component={Link} to="/" variant="default" mt="sm">
          To the payout schedules
        </Button>
      </EmptyState>
    </Container>
  );
}
