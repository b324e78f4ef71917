import type { Notice } from "@auditflow/contracts";
import { description, facts, headline, incidentLink } from "./notice-facts.ts";

/** A mail before it has an envelope: its subject, and its text in both forms. */
export interface MailMessage {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Writes the notice as a mail; `baseUrl` tells in the last line where it comes from. */
export function mailMessage(notice: Notice, baseUrl: string | undefined): MailMessage {
  const subject = `[AuditFlow] ${headline(notice)}`;
  const about = description(notice);
  const link = incidentLink(notice);
  const sentBy = baseUrl === undefined ? "Sent by AuditFlow" : `Sent by AuditFlow, ${baseUrl}`;
  const rows = facts(notice);
  const text = [
    headline(notice),
    rows.map(({ label, value }) => `${label}: ${value}`).join("\n"),
    about,
    link ?? "",
    sentBy,
  ];
  const html = [
    `<h2>${escaped(headline(notice))}</h2>`,
    `<table>${rows.map(({ label, value }) => row(label, value)).join("")}</table>`,
    about === "" ? "" : `<p>${escaped(about)}</p>`,
    link === undefined ? "" : `<p><a href="${escaped(link)}">Open the incident</a></p>`,
    `<p><small>${escaped(sentBy)}</small></p>`,
  ];
  return { subject, text: `${text.filter(Boolean).join("\n\n")}\n`, html: html.filter(Boolean).join("\n") };
}

function row(label: string, value: string): string {
  return `<tr><th align="left">${escaped(label)}</th><td>${escaped(value)}</td></tr>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
