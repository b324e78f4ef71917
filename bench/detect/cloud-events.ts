import type { Fields, Shares, Values } from "./values.ts";

const regions = [
  "eu-central-1",
  "eu-west-1",
  "us-east-1",
  "us-east-2",
  "us-west-2",
  "ap-southeast-2",
  "sa-east-1",
];

/** What an account does all day: service, call, and how often. */
const awsCalls: Shares<readonly [string, string]> = [
  [["sts", "AssumeRole"], 16],
  [["sts", "GetCallerIdentity"], 6],
  [["kms", "Decrypt"], 14],
  [["kms", "GenerateDataKey"], 7],
  [["s3", "GetObject"], 9],
  [["s3", "PutObject"], 5],
  [["s3", "ListObjects"], 3],
  [["s3", "HeadObject"], 3],
  [["s3", "GetBucketAcl"], 2],
  [["ec2", "DescribeInstances"], 8],
  [["ec2", "DescribeNetworkInterfaces"], 4],
  [["ec2", "DescribeSecurityGroups"], 3],
  [["ec2", "RunInstances"], 1],
  [["ec2", "CreateTags"], 1],
  [["ecs", "DescribeTasks"], 2],
  [["ecr", "BatchGetImage"], 2],
  [["lambda", "Invoke20150331"], 3],
  [["lambda", "GetFunction20150331v2"], 1],
  [["logs", "CreateLogStream"], 4],
  [["logs", "DescribeLogGroups"], 2],
  [["monitoring", "GetMetricData"], 2],
  [["dynamodb", "DescribeTable"], 2],
  [["rds", "DescribeDBInstances"], 1],
  [["autoscaling", "DescribeAutoScalingGroups"], 2],
  [["iam", "ListRoles"], 1],
  [["iam", "GetRolePolicy"], 1],
  [["secretsmanager", "DescribeSecret"], 1],
  [["cloudformation", "DescribeStacks"], 1],
];

const awsAgents = [
  "Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#5.10.215-203.850.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.8",
  "aws-sdk-go/1.50.36 (go1.21.7; linux; amd64)",
  "aws-cli/2.15.40 Python/3.11.8 Darwin/23.4.0 exe/x86_64",
  "APN/1.0 HashiCorp/1.0 Terraform/1.7.5 (+https://www.terraform.io) terraform-provider-aws/5.44.0",
  "console.amazonaws.com",
  "autoscaling.amazonaws.com",
];

/** An event of CloudTrail (docs.aws.amazon.com, "CloudTrail record contents"). */
export function cloudTrail(values: Values): Fields {
  const [service, call] = values.share(awsCalls);
  const account = values.digits(12);
  const readOnly = /^(?:Get|List|Describe|Head|Decrypt)/.test(call);
  return {
    eventVersion: "1.09",
    userIdentity: awsIdentity(values, account),
    eventTime: values.time().replace(/\.\d+/, ""),
    eventSource: `${service}.amazonaws.com`,
    eventName: call,
    awsRegion: values.pick(regions),
    sourceIPAddress: values.below(8) === 0 ? `${service}.amazonaws.com` : values.ip(),
    userAgent: values.pick(awsAgents),
    ...(values.below(40) === 0
      ? { errorCode: "AccessDenied", errorMessage: `User is not authorized to perform: ${service}:${call}` }
      : {}),
    requestParameters: awsParameters(values, call, account),
    responseElements: readOnly ? null : { requestId: values.uuid(), "x-amz-id-2": values.hex(40) },
    requestID: values.uuid(),
    eventID: values.uuid(),
    readOnly,
    eventType: "AwsApiCall",
    managementEvent: service !== "s3",
    recipientAccountId: account,
    eventCategory: service === "s3" ? "Data" : "Management",
    ...(values.below(2) === 0 ? { tlsDetails: tls(`${service}.${values.pick(regions)}.amazonaws.com`) } : {}),
  };
}

function tls(host: string): Fields {
  return { tlsVersion: "TLSv1.3", cipherSuite: "TLS_AES_128_GCM_SHA256", clientProvidedHostHeader: host };
}

function awsIdentity(values: Values, account: string): Fields {
  const key = values.hex(16).toUpperCase();
  const kind = values.below(6);
  if (kind === 0) return { type: "AWSService", invokedBy: `${values.pick(awsCalls)[0][0]}.amazonaws.com` };
  if (kind === 1) {
    const userName = values.person();
    const arn = `arn:aws:iam::${account}:user/${userName}`;
    return {
      ...{ type: "IAMUser", principalId: `AIDA${key}`, arn, accountId: account },
      ...{ accessKeyId: `AKIA${key}`, userName },
    };
  }
  const role = values.thing();
  return {
    type: "AssumedRole",
    principalId: `AROA${key}:${values.person()}`,
    arn: `arn:aws:sts::${account}:assumed-role/${role}/${values.person()}`,
    accountId: account,
    accessKeyId: `ASIA${values.hex(16).toUpperCase()}`,
    sessionContext: {
      sessionIssuer: {
        ...{ type: "Role", principalId: `AROA${key}`, accountId: account, userName: role },
        arn: `arn:aws:iam::${account}:role/${role}`,
      },
      attributes: { creationDate: values.time().replace(/\.\d+/, ""), mfaAuthenticated: "false" },
    },
  };
}

function awsParameters(values: Values, call: string, account: string): Fields | null {
  if (call.endsWith("Object")) {
    const key = `${values.thing()}/${values.uuid()}.parquet`;
    return { bucketName: values.thing(), Host: `${values.thing()}.s3.amazonaws.com`, key };
  }
  if (call === "AssumeRole") {
    const roleArn = `arn:aws:iam::${account}:role/${values.thing()}`;
    return { roleArn, roleSessionName: values.person(), durationSeconds: 3600 };
  }
  if (call === "Decrypt" || call === "GenerateDataKey") {
    const keyId = `arn:aws:kms:${values.pick(regions)}:${account}:key/${values.uuid()}`;
    return { keyId, encryptionContext: { "aws:s3:arn": `arn:aws:s3:::${values.thing()}` } };
  }
  if (values.below(5) === 0) return null;
  const id = `i-${values.hex(17)}`;
  return { filterSet: {}, instancesSet: { items: [{ instanceId: id }] }, maxResults: 100 };
}

const gcpMethods: Shares<readonly [string, string]> = [
  [["compute", "v1.compute.instances.list"], 8],
  [["compute", "v1.compute.instances.get"], 5],
  [["storage", "storage.objects.get"], 12],
  [["storage", "storage.objects.create"], 7],
  [["iam", "google.iam.credentials.v1.GenerateAccessToken"], 8],
  [["bigquery", "google.cloud.bigquery.v2.JobService.InsertJob"], 6],
  [["container", "google.container.v1.ClusterManager.GetCluster"], 4],
  [["cloudresourcemanager", "GetIamPolicy"], 4],
  [["secretmanager", "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion"], 3],
];

/** An audit entry of Google Cloud; the method stands beside the payload too, under the name that rules use. */
export function gcpAudit(values: Values): Fields {
  const [service, method] = values.share(gcpMethods);
  const project = values.thing();
  const resourceName = `projects/${project}/zones/europe-west3-b/${values.thing()}`;
  const account = `${values.thing()}@${project}.iam.gserviceaccount.com`;
  const protoPayload = {
    "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
    status: {},
    authenticationInfo: { principalEmail: account, serviceAccountDelegationInfo: [] },
    requestMetadata: {
      ...{
        callerIp: values.ip(),
        callerSuppliedUserAgent: "google-cloud-sdk gcloud/470.0.0 command/gcloud.compute",
      },
      requestAttributes: { time: values.time(), auth: {} },
    },
    ...{ serviceName: `${service}.googleapis.com`, methodName: method, resourceName },
    authorizationInfo: [{ resource: resourceName, permission: `${service}.items.get`, granted: true }],
  };
  return {
    ...{
      insertId: values.hex(14),
      timestamp: values.time(),
      receiveTimestamp: values.time(),
      severity: "INFO",
    },
    logName: `projects/${project}/logs/cloudaudit.googleapis.com%2Fdata_access`,
    resource: { type: "gce_instance", labels: { project_id: project, instance_id: values.digits(19) } },
    gcp: { audit: { method_name: method, service_name: `${service}.googleapis.com` } },
    data: { protoPayload },
  };
}

/** An action of an administrator of Google Workspace. */
export function workspaceAdmin(values: Values): Fields {
  return {
    ...{ kind: "admin#reports#activity", eventService: "admin.googleapis.com" },
    eventName: values.pick([
      "CHANGE_USER_ORGANIZATION",
      "CHANGE_LAST_NAME",
      "ADD_GROUP_MEMBER",
      "DOWNLOAD_REPORT",
      "CREATE_GROUP",
    ]),
    id: {
      time: values.time(),
      uniqueQualifier: values.digits(19),
      applicationName: "admin",
      customerId: `C${values.hex(8)}`,
    },
    actor: { email: values.mail(), profileId: values.digits(21) },
    ...{
      ipAddress: values.ip(),
      setting_name: values.thing(),
      new_value: values.thing(),
      USER_EMAIL: values.mail(),
    },
  };
}

/** A login to Google Workspace. */
export function workspaceLogin(values: Values): Fields {
  const event = {
    eventName: values.pick(["login_success", "logout", "login_verification"]),
    eventType: "login",
  };
  return {
    ...{ insertId: values.hex(12), timestamp: values.time(), severity: "NOTICE" },
    logName: `organizations/${values.digits(12)}/logs/cloudaudit.googleapis.com%2Fdata_access`,
    protoPayload: {
      ...{ "@type": "type.googleapis.com/google.cloud.audit.AuditLog", serviceName: "login.googleapis.com" },
      ...{
        authenticationInfo: { principalEmail: values.mail() },
        requestMetadata: { callerIp: values.ip() },
      },
      ...{
        methodName: `google.login.LoginService.${event.eventName}`,
        metadata: { event, activityId: values.digits(19) },
      },
    },
  };
}
