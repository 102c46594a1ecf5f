import { Button, Container } from "@mantine/core";
import { EmptyState } from "../display/states.tsx";
import { useConsole } from "../session/console-context.tsx";

/** For people whom the API knows but who are no staff here. */
export function NoRole() {
  const { me, session } = useConsole();
  const leave = async () => {
    await session.signOut();
    location.assign("/sign-in");
  };
  return (
    <Container size="sm" py="xl" component="main">
      <EmptyState title="This console is for staff">
        You are signed in as {me.subject}, {me.role} in {me.organization_id}. A super admin of your organization can
        give you a staff role.
        <div>
          <Button variant="default" mt="md" onClick={() => void leave()}>
            Sign out
          </Button>
        </div>
      </EmptyState>
    </Container>
  );
}
