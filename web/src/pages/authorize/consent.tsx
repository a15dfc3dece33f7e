import { useMutation } from "@tanstack/react-query";
import {
  AuthorizationResult,
  type AuthorizationAnswer,
} from "../../../../workers/contract/api/oauth.ts";
import { ApiError, describeError } from "../../api/api-error.ts";
import { request } from "../../api/request.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { FormActions } from "../../ui/dialog.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Field } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { CardPage, FormError } from "../sign-in/frame.tsx";
import type { Asked } from "./asked.ts";
import { ClientFacts } from "./client-facts.tsx";
import { NoWorkspace } from "./no-workspace.tsx";
import { ServerChoice } from "./server-choice.tsx";
import { SignedInAs } from "./signed-in-as.tsx";
import { useChoice, type Choice } from "./use-choice.ts";

interface Props {
  asked: Asked;
  /** Of the authorization request, unchanged. */
  query: string;
}

/** The question to the user, and what happens after the answer. */
export function Consent({ asked, query }: Props) {
  const choice = useChoice(asked.workspaces, query);
  const { slug, tools } = choice;
  const answer = useMutation({
    mutationFn: (body: AuthorizationAnswer) =>
      request(AuthorizationResult, "POST", "/oauth/authorization", body),
    onSuccess: ({ to }) => location.assign(to),
  });
  const isBusy = answer.isPending;
  if (answer.data)
    return <Answered to={answer.data.to} isAllowed={answer.variables.decision === "allow"} />;
  return (
    <CardPage title="Sign in from a client" isWide>
      <ClientFacts asked={asked} />
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (slug !== undefined)
            answer.mutate({ decision: "allow", query, workspace: slug, tools });
        }}
      >
        {slug === undefined ? (
          <NoWorkspace asked={asked} query={query} />
        ) : (
          <>
            <WorkspaceChoice workspaces={asked.workspaces} choice={choice} isBusy={isBusy} />
            <ServerChoice choice={choice} isBusy={isBusy} />
          </>
        )}
        <SignedInAs isBusy={isBusy} />
        <AnswerError error={answer.error} />
        <FormActions>
          <Button disabled={isBusy} onClick={() => answer.mutate({ decision: "deny", query })}>
            Deny
          </Button>
          {slug !== undefined && (
            <Button type="submit" variant="primary" isBusy={isBusy} disabled={!choice.canAllow}>
              Allow
            </Button>
          )}
        </FormActions>
      </form>
    </CardPage>
  );
}

interface WorkspaceProps {
  workspaces: Asked["workspaces"];
  choice: Choice;
  isBusy: boolean;
}

function WorkspaceChoice({ workspaces, choice, isBusy }: WorkspaceProps) {
  const { slug = "", setSlug } = choice;
  const [only, ...others] = workspaces;
  if (only && others.length === 0)
    return (
      <p>
        Workspace:{" "}
        <strong className="font-medium">
          <DisplayName name={only.name} />
        </strong>
      </p>
    );
  return (
    <Field label="Workspace" hint="The client gets the tools of this workspace and of no other.">
      <Select
        value={slug}
        choices={workspaces.map(({ slug: value, name }) => ({ value, label: name }))}
        isDisabled={isBusy}
        onChange={setSlug}
      />
    </Field>
  );
}

function AnswerError({ error }: { error: Error | null }) {
  if (error instanceof ApiError && error.status === 401)
    return (
      <>
        <FormError text="Your session has ended, so nothing was allowed. Sign in again to answer." />
        {/* A loaded document, because this one still takes the user for signed in. */}
        <a
          className={buttonClass()}
          href={`/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`}
        >
          Sign in again
        </a>
      </>
    );
  return <FormError text={error ? describeError(error) : undefined} />;
}

/** Stays where the client's address starts a program instead of opening a page. */
function Answered({ to, isAllowed }: { to: string; isAllowed: boolean }) {
  return (
    <CardPage title={isAllowed ? "You allowed the sign-in" : "You denied the sign-in"}>
      <p role="status">Your browser goes back to the client. You can close this page then.</p>
      <p>
        <a className="link" href={to}>
          Go back to the client
        </a>{" "}
        if nothing happens.
      </p>
    </CardPage>
  );
}
