import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import {
  COMPANY_CALLBACK_PATH,
  IdentityIssuer,
  IdentityIssuerInput,
} from "../../../../workers/contract/api/company.ts";
import { describeCompanyProblem, issuersQuery } from "../../api/company.ts";
import { useCan } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { IssuerSection } from "./issuer-section.tsx";
import { ScimSection } from "./scim-section.tsx";

const route = getRouteApi("/signed-in/w/$slug/settings/company-sign-in");

/** An owner’s set-up of the sign-in by the company’s OpenID provider. */
export function CompanyPage() {
  const slug = useWorkspaceSlug();
  const { problem } = route.useSearch();
  const issuers = useQuery(issuersQuery(slug));
  const mayChange = useCan(slug, "owner.manage");
  return (
    <RequirePermission action="sign-ins.read">
      <Page isNarrow>
        <PageHeader title="Company sign-in">
          People sign in with their company account (OpenID Connect): Microsoft Entra, Okta, Google,
          Keycloak and others.
        </PageHeader>
        {problem !== undefined && <Notice tone="warn">{describeCompanyProblem(problem)}</Notice>}
        <CallbackSection />
        <Loaded query={issuers}>
          {(items) => {
            const issuer = items.find(({ kind }) => kind === "openid");
            if (issuer) return <IssuerSection slug={slug} issuer={issuer} mayChange={mayChange} />;
            return mayChange ? (
              <NewIssuerSection slug={slug} />
            ) : (
              <p className="text-dim">The workspace has no company sign-in.</p>
            );
          }}
        </Loaded>
        <ScimSection slug={slug} mayChange={mayChange} />
      </Page>
    </RequirePermission>
  );
}

function CallbackSection() {
  const address = `${location.origin}${COMPANY_CALLBACK_PATH}`;
  return (
    <Section
      title="Callback address"
      hint="Register an application (web, authorization code) at the provider with this redirect address."
    >
      <span className="inline-flex max-w-full flex-wrap items-center gap-x-1 p-4">
        <code className="min-w-0 font-mono text-xs wrap-anywhere">{address}</code>
        <CopyButton text={address} contentName="callback address" />
      </span>
    </Section>
  );
}

const FIELDS = ["issuer", "name", "clientId", "clientSecret"] as const;

function NewIssuerSection({ slug }: { slug: string }) {
  const [input, setInput] = useState({ name: "", issuer: "", clientId: "", clientSecret: "" });
  const body = { ...input, clientSecret: input.clientSecret === "" ? null : input.clientSecret };
  const add = useApiMutation({
    run: () => request(IdentityIssuer, "POST", `/workspaces/${slug}/identity-issuers`, body),
    invalidate: [issuersQuery(slug).queryKey],
  });
  const change = (field: (typeof FIELDS)[number]) => ({
    value: input[field],
    spellCheck: false,
    autoComplete: "off",
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget;
      setInput((before) => ({ ...before, [field]: value }));
    },
  });
  return (
    <Section title="Provider" hint="It is off until you have tested it and switch it on.">
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate(undefined);
        }}
      >
        <Field label="Name" hint="As people know it: the button says “Sign in with NAME”.">
          <TextInput {...change("name")} maxLength={120} />
        </Field>
        <Field
          label="Issuer URL"
          hint="Of your own tenant, such as https://login.microsoftonline.com/TENANT-ID/v2.0."
        >
          <TextInput {...change("issuer")} type="url" />
        </Field>
        <Field label="Client ID">
          <TextInput {...change("clientId")} />
        </Field>
        <Field label="Client secret" hint="It is stored encrypted and never shown again.">
          <TextInput {...change("clientSecret")} type="password" />
        </Field>
        <div className="flex justify-end">
          <Button
            type="submit"
            variant="primary"
            isBusy={add.isPending}
            disabled={!IdentityIssuerInput.safeParse(body).success}
          >
            Add
          </Button>
        </div>
      </form>
    </Section>
  );
}
