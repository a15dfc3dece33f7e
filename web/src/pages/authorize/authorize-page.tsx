import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { AuthorizationRequest } from "../../../../workers/contract/api/oauth.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { ApiError, describeError } from "../../api/api-error.ts";
import { request } from "../../api/request.ts";
import { Button } from "../../ui/button.tsx";
import { LoadingState } from "../../ui/states.tsx";
import { CardPage, FormError } from "../sign-in/frame.tsx";
import { Consent } from "./consent.tsx";

const authorizationQuery = (query: string) =>
  queryOptions({
    queryKey: ["authorization", query],
    queryFn: () => request(AuthorizationRequest, "GET", `/oauth/authorization?${query}`),
    // A person who comes back from another window answers the question that is shown.
    staleTime: Infinity,
  });

/** Asks the signed-in user whether a client may sign in as them: the authorization endpoint (RFC 6749, section 3.1). */
export function AuthorizePage() {
  // Not the router's search, which has some values in another form.
  const [query] = useState(() => location.search.slice(1));
  const asked = useQuery(authorizationQuery(query));
  if (asked.error)
    return (
      <CardPage title="This sign-in cannot go on">
        <FormError text={describeError(asked.error)} />
        {isFinal(asked.error) ? (
          <p>
            Nothing was allowed. Go back to the client, and start the sign-in there again. If that
            does not help, remove the server from the client and add it again.
          </p>
        ) : (
          <Button onClick={() => void asked.refetch()}>Try again</Button>
        )}
      </CardPage>
    );
  switch (asked.data?.kind) {
    case undefined:
      return (
        <CardPage title="Sign in from a client" isWide>
          <LoadingState />
        </CardPage>
      );
    case "mistake":
      return <Mistake mistake={asked.data} />;
    case "ask":
      return <Consent asked={asked.data} query={query} />;
  }
}

/** Whether the request itself is refused, so that another try has the same result. */
function isFinal(error: Error): boolean {
  return error instanceof ApiError && (error.status === 400 || error.status === 403);
}

type Mistaken = Extract<AuthorizationRequest, { kind: "mistake" }>;

/** The browser goes on only by a click: a program that has registered itself can send a wrong request on purpose. */
function Mistake({ mistake }: { mistake: Mistaken }) {
  const { error, description, redirectHost, isLocal, to } = mistake;
  return (
    <CardPage title="This sign-in cannot go on">
      <FormError text={`The client’s request has a mistake: ${escapeLine(description)}.`} />
      <p>
        Nothing was allowed. The maker of the client has to mend it; the error code is{" "}
        <code className="font-mono text-xs wrap-anywhere">{escapeLine(error)}</code>.
      </p>
      <p>
        <a className="link wrap-anywhere underline" href={to} rel="noreferrer">
          {isLocal ? "Go back to the client" : `Go back to ${escapeLine(redirectHost)}`}
        </a>
        , which then shows the mistake. Do so only if you have just begun to sign in from it.
      </p>
    </CardPage>
  );
}
