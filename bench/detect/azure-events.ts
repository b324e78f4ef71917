import { browser } from "./browser.ts";
import { countries, type Fields, type Shares, type Values } from "./values.ts";

const azureOperations: Shares<string> = [
  ["MICROSOFT.COMPUTE/VIRTUALMACHINES/START/ACTION", 6],
  ["MICROSOFT.COMPUTE/VIRTUALMACHINES/EXTENSIONS/READ", 3],
  ["MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTACCOUNTSAS/ACTION", 5],
  ["MICROSOFT.STORAGE/STORAGEACCOUNTS/BLOBSERVICES/READ", 5],
  ["MICROSOFT.RESOURCES/TAGS/WRITE", 4],
  ["MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/READ", 4],
  ["MICROSOFT.INSIGHTS/METRICALERTS/WRITE", 2],
  ["MICROSOFT.WEB/SITES/PUBLISHXML/ACTION", 4],
  ["MICROSOFT.WEB/SITES/CONFIG/LIST/ACTION", 5],
  ["MICROSOFT.SQL/SERVERS/DATABASES/READ", 3],
  ["MICROSOFT.AUTHORIZATION/POLICIES/AUDIT/ACTION", 9],
  ["MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/LISTCLUSTERUSERCREDENTIAL/ACTION", 3],
];

/** An event of Azure's activity log, in the form of its diagnostic export. */
export function azureActivity(values: Values): Fields {
  const operation = values.share(azureOperations);
  const group = `/SUBSCRIPTIONS/${values.uuid()}/RESOURCEGROUPS/${values.thing()}`.toUpperCase();
  const resource = `${group}/PROVIDERS/${operation.split("/").slice(0, 2).join("/")}/${values.thing()}`;
  const mail = values.mail();
  return {
    ...{ time: values.time(), resourceId: resource, operationName: operation, category: "Administrative" },
    ...{
      resultType: values.share([
        ["Success", 9],
        ["Start", 6],
        ["Failure", 1],
      ]),
      resultSignature: "Accepted.",
    },
    ...{ durationMs: String(values.below(900)), callerIpAddress: values.ip(), correlationId: values.uuid() },
    identity: {
      authorization: {
        scope: resource,
        action: operation,
        evidence: { role: "Contributor", roleAssignmentId: values.hex(32) },
      },
      claims: {
        ...{ aud: "https://management.azure.com/", iss: `https://sts.windows.net/${values.uuid()}/` },
        ...{ ipaddr: values.ip(), name: values.person(), appid: values.uuid(), upn: mail },
      },
    },
    level: "Information",
    properties: {
      eventCategory: "Administrative",
      entity: resource,
      message: operation,
      hierarchy: values.uuid(),
    },
    tenantId: values.uuid(),
  };
}

const azureAudits = [
  ["Update user", "UserManagement"],
  ["Update group", "GroupManagement"],
  ["Add member to group", "GroupManagement"],
  ["Update service principal", "ApplicationManagement"],
  ["Change user password", "UserManagement"],
  ["Validate user authentication", "Authentication"],
  ["Add group", "GroupManagement"],
] as const;

/** An event of the audit log of Entra ID. */
export function azureAudit(values: Values): Fields {
  const [name, category] = values.pick(azureAudits);
  const targetResources = [
    {
      ...{ id: values.uuid(), displayName: values.person(), type: "User", userPrincipalName: values.mail() },
      modifiedProperties: [
        { displayName: "Department", oldValue: `"${values.thing()}"`, newValue: `"${values.thing()}"` },
      ],
    },
  ];
  const user = { id: values.uuid(), userPrincipalName: values.mail(), ipAddress: values.ip() };
  return {
    ...{ time: values.time(), resourceId: `/tenants/${values.uuid()}/providers/Microsoft.aadiam` },
    ...{ operationName: name, category: "AuditLogs", resultSignature: "None", durationMs: 0 },
    ...{ callerIpAddress: values.ip(), correlationId: values.uuid(), level: "Informational" },
    properties: {
      ...{ id: `Directory_${values.uuid()}_${values.hex(5)}`, category, result: "success", resultReason: "" },
      ...{ activityDisplayName: name, activityDateTime: values.time(), loggedByService: "Core Directory" },
      ...{ operationType: name.split(" ")[0], initiatedBy: { user }, targetResources, additionalDetails: [] },
    },
  };
}

const signInApps = [
  "Office 365 Exchange Online",
  "Azure Portal",
  "Microsoft Teams",
  "SharePoint Online",
  "Windows Sign In",
];
/** A sign-in of Entra ID. */
export function azureSignIn(values: Values): Fields {
  const app = values.pick(signInApps);
  const ip = values.ip();
  const [resultType, resultDescription] = values.share([
    [["0", ""], 12],
    [["50126", "Invalid username or password"], 1],
  ]);
  return {
    ...{
      time: values.time(),
      operationName: "Sign-in activity",
      operationVersion: "1.0",
      category: "SignInLogs",
    },
    ...{ tenantId: values.uuid(), resultType, resultDescription, durationMs: values.below(400) },
    ...{ callerIpAddress: ip, correlationId: values.uuid(), identity: values.person(), Level: 4 },
    location: values.pick(countries),
    properties: {
      ...{ id: values.uuid(), createdDateTime: values.time(), userDisplayName: values.person() },
      ...{
        userPrincipalName: values.mail(),
        userId: values.uuid(),
        appId: values.uuid(),
        appDisplayName: app,
      },
      ...{ ipAddress: ip, clientAppUsed: "Browser", userAgent: browser(values), isInteractive: true },
      deviceDetail: {
        deviceId: values.uuid(),
        operatingSystem: "Windows10",
        browser: "Edge 122.0",
        isCompliant: true,
      },
      location: {
        city: "Leipzig",
        countryOrRegion: "DE",
        geoCoordinates: { latitude: 51.3, longitude: values.next() * 20 },
      },
      conditionalAccessStatus: "notApplied",
      authenticationDetails: [
        { authenticationMethod: "Password", succeeded: true, requestSequence: values.below(3) },
      ],
      ...{
        authenticationRequirement: "multiFactorAuthentication",
        riskState: "none",
        riskLevelAggregated: "none",
      },
      ...{ resourceDisplayName: app, resourceId: values.uuid(), tokenIssuerType: "AzureAD" },
    },
  };
}

/** A detection of Entra ID Protection, or an alert of Privileged Identity Management. */
export function azureRisk(values: Values): Fields {
  return {
    ...{
      id: values.hex(64),
      requestId: values.uuid(),
      correlationId: values.uuid(),
      riskEventType: "adminConfirmedUserSafe",
    },
    ...{ riskState: "dismissed", riskLevel: "low", source: "IdentityProtection", activity: "signin" },
    ...{ ipAddress: values.ip(), activityDateTime: values.time(), detectedDateTime: values.time() },
    ...{ userId: values.uuid(), userDisplayName: values.person(), userPrincipalName: values.mail() },
  };
}
