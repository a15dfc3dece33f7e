import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { FormBoundary } from "./form-boundary.tsx";
import type { Question } from "./gateway-client.ts";
import { useFormLibrary } from "./use-form-library.ts";

const FORM_ID = "question";

/** A question of the server while its tool runs (elicitation): a form, or a page to open. */
export function QuestionSection({ question }: { question: Question }) {
  const section = useRef<HTMLDivElement>(null);
  useEffect(() => section.current?.focus(), []);
  const { params, answer } = question;
  return (
    <div ref={section} tabIndex={-1} className="outline-none">
      <Section
        title="The server asks"
        hint="Answer with what you want the server to know. Never type a password or a key here."
      >
        <div className="flex flex-col gap-4 p-4" role="status">
          <p className="wrap-anywhere whitespace-pre-wrap">{params.message}</p>
          {params.mode === "url" ? (
            <PageQuestion url={params.url} answer={answer} />
          ) : (
            <FormQuestion schema={params.requestedSchema} answer={answer} />
          )}
        </div>
      </Section>
    </div>
  );
}

function FormQuestion({ schema, answer }: { schema: object; answer: Question["answer"] }) {
  const { ToolForm, findFieldErrors, makeInitialArguments, toFormSchema } = useFormLibrary();
  const form = useMemo(() => toFormSchema({ ...schema }), [schema, toFormSchema]);
  const [data, setData] = useState(() => makeInitialArguments(form));
  const [isChecked, setIsChecked] = useState(false);
  const errors = isChecked ? (findFieldErrors(schema, data) ?? []) : [];
  const submit = () => {
    setIsChecked(true);
    if ((findFieldErrors(schema, data) ?? []).length > 0) return;
    // A cast: the client library checks the answer's values before it sends them.
    answer({
      action: "accept",
      content: JSON.parse(JSON.stringify(data)) as Record<string, string>,
    });
  };
  return (
    <>
      <FormBoundary advice="Decline the question.">
        {form.ok && (
          <ToolForm
            id={FORM_ID}
            schema={form.schema}
            data={data}
            isBusy={false}
            errors={errors}
            onChange={setData}
            onSubmit={submit}
          />
        )}
      </FormBoundary>
      <Answers answer={answer}>
        <Button variant="primary" onClick={submit}>
          Send answer
        </Button>
      </Answers>
    </>
  );
}

function PageQuestion({ url, answer }: { url: string; answer: Question["answer"] }) {
  const isWebPage = /^https?:\/\//i.test(url);
  return (
    <>
      <p className="font-mono text-xs wrap-anywhere">{url}</p>
      {isWebPage ? (
        <a href={url} target="_blank" rel="noreferrer" className="link self-start">
          Open this page in a new tab
        </a>
      ) : (
        <p className="text-dim">This is no address of a web page: do not open it.</p>
      )}
      <Answers answer={answer}>
        <Button variant="primary" onClick={() => answer({ action: "accept" })}>
          Continue
        </Button>
      </Answers>
    </>
  );
}

function Answers({ answer, children }: { answer: Question["answer"]; children: ReactNode }) {
  return (
    <div className="flex flex-wrap gap-2">
      {children}
      <Button onClick={() => answer({ action: "decline" })}>Decline</Button>
    </div>
  );
}
