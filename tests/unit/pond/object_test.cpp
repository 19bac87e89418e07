// What a pond in an object store needs before the first request is sent: signatures, places, credentials, answers.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pond/file_io.h"
#include "pond/object/aws_signature.h"
#include "pond/object/azure_settings.h"
#include "pond/object/azure_store.h"
#include "pond/object/catalog_object.h"
#include "pond/object/gcs_store.h"
#include "pond/object/object_settings.h"
#include "pond/object/object_store.h"

namespace millpond::pond {
namespace {

const AwsCredentials kExample = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};

std::string signature_of(RequestToSign request, std::string_view body = "") {
  request.payload_hash = sha256_hex(body);
  request.headers["host"] = "examplebucket.s3.amazonaws.com";
  request.headers["x-amz-date"] = "20130524T000000Z";
  request.headers["x-amz-content-sha256"] = request.payload_hash;
  const std::string text = authorization(request, kExample, "us-east-1");
  return text.substr(text.rfind('=') + 1);
}

// The four examples of Amazon's documentation of the signature, with the results that it states.
TEST(AwsSignature, AgreesWithThePublishedExamples) {
  EXPECT_EQ(signature_of({.path = "/test.txt", .headers = {{"range", "bytes=0-9"}}}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(signature_of(
                {.method = "PUT",
                 .path = "/" + percent_encoded("test$file.text", true),
                 .headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}},
                "Welcome to Amazon S3."),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(signature_of({.query = {{"lifecycle", ""}}}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(signature_of({.query = {{"max-keys", "2"}, {"prefix", "J"}}}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(AwsSignature, EncodesAllButUnreservedCharacters) {
  EXPECT_EQ(percent_encoded("a b/ü~-_.", true), "a%20b/%C3%BC~-_.");
  EXPECT_EQ(percent_encoded("a/b", false), "a%2Fb");
  EXPECT_EQ(query_text({{"b", "x=y"}, {"a", ""}}), "a=&b=x%3Dy");
}

TEST(ObjectPath, NamesBucketAndKey) {
  const auto path = parse_object_path("s3://lake/ponds/one/x.parquet");
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(path->bucket, "lake");
  EXPECT_EQ(path->key, "ponds/one/x.parquet");
}

TEST(ObjectPath, HasOneSpellingForAliases) {
  EXPECT_EQ(one_spelling("s3a://lake/a"), "s3://lake/a");
  EXPECT_EQ(one_spelling("gcs://lake/a"), "gs://lake/a");
  const std::string wanted = "abfss://lake@mill.dfs.core.windows.net/a/b";
  for (const char* alias : {"abfss://lake@mill.dfs.core.windows.net/a/b", "abfs://lake@mill.dfs.core.windows.net/a/b",
                            "wasbs://lake@mill.blob.core.windows.net/a/b"}) {
    EXPECT_EQ(one_spelling(alias), wanted);
  }
  ::setenv("AZURE_STORAGE_ACCOUNT", "mill", 1);
  EXPECT_EQ(one_spelling("az://lake/a/b"), wanted);
  EXPECT_EQ(one_spelling("az://lake"), "abfss://lake@mill.dfs.core.windows.net");
  ::unsetenv("AZURE_STORAGE_ACCOUNT");
  EXPECT_EQ(one_spelling("/data/lake"), "/data/lake");
}

TEST(ObjectPath, RefusesWhatNamesNoPlace) {
  EXPECT_EQ(parse_object_path("s3:///key").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(parse_object_path("s3://user:secret@host/key").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(parse_object_path("az://lake/pond").status().code(), Code::kInvalidArgument);  // of which account?
  EXPECT_EQ(parse_object_path("abfss://lake@account/pond").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(parse_object_path("gs://lake@other/pond").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(check_scheme("ftp://host/pond").code(), Code::kInvalidArgument);
  EXPECT_TRUE(check_scheme("/data/pond").ok());
}

class SettingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("millpond-test-" + new_uuid());
    std::filesystem::create_directories(folder_ / ".aws");
    variables_["HOME"] = folder_.string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const char* name, const char* text) { std::ofstream(folder_ / ".aws" / name) << text; }
  Result<ObjectSettings> settings() {
    return object_settings([&](const char* name) { return variables_[name]; });
  }
  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(SettingsTest, ComeFromTheProfileFiles) {
  write("credentials",
        "# keys\n[default]\naws_access_key_id = A\naws_secret_access_key=B\n[work]\n"
        "aws_access_key_id = C\naws_secret_access_key = D\naws_session_token = E\n");
  write("config", "[profile work]\nregion = eu-north-1\nendpoint_url = http://127.0.0.1:9000/\ns3 =\n  region = no\n");
  EXPECT_EQ(settings()->credentials.access_key, "A");
  EXPECT_EQ(settings()->region, "us-east-1");
  variables_["AWS_PROFILE"] = "work";
  EXPECT_EQ(settings()->credentials.session_token, "E");
  EXPECT_EQ(settings()->region, "eu-north-1");
  EXPECT_EQ(settings()->endpoint, "http://127.0.0.1:9000");
}

TEST_F(SettingsTest, TheEnvironmentOverridesTheFiles) {
  write("credentials", "[default]\naws_access_key_id = A\naws_secret_access_key = B\naws_session_token = old\n");
  variables_["AWS_ACCESS_KEY_ID"] = "X";
  variables_["AWS_SECRET_ACCESS_KEY"] = "Y";
  variables_["AWS_ENDPOINT_URL"] = "https://all";
  variables_["AWS_ENDPOINT_URL_S3"] = "https://store";
  EXPECT_EQ(settings()->credentials.access_key, "X");
  EXPECT_EQ(settings()->credentials.session_token, "");
  EXPECT_EQ(settings()->endpoint, "https://store");
}

TEST_F(SettingsTest, ErrorsKeepSecretsToThemselves) {
  variables_["AWS_SECRET_ACCESS_KEY"] = "hush";
  EXPECT_EQ(settings().status().code(), Code::kUnauthenticated);
  EXPECT_EQ(settings().status().to_string().find("hush"), std::string::npos);
  variables_ = {{"AWS_ENDPOINT_URL", "http://user:hush@host"}};
  EXPECT_EQ(settings().status().code(), Code::kInvalidArgument);
  EXPECT_EQ(settings().status().to_string().find("hush"), std::string::npos);
}

class AzureSettingsTest : public ::testing::Test {
 protected:
  Result<AzureSettings> settings(const char* host = "mill.dfs.core.windows.net") {
    return azure_settings(host, [&](const char* name) { return variables_[name]; });
  }
  std::map<std::string, std::string> variables_;
};

TEST_F(AzureSettingsTest, ComeFromAConnectionStringOrFromSingleVariables) {
  variables_["AZURE_STORAGE_CONNECTION_STRING"] =
      "DefaultEndpointsProtocol=https;AccountName=mill;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net";
  EXPECT_EQ(settings()->key, "secret");
  EXPECT_EQ(settings()->endpoint, "https://mill.blob.core.windows.net");
  variables_ = {{"AZURE_STORAGE_ACCOUNT", "mill"},
                {"AZURE_STORAGE_SAS_TOKEN", "?sv=2021&sig=a%3D"},
                {"AZURE_STORAGE_SERVICE_ENDPOINT", "http://127.0.0.1:10000/mill/"}};
  EXPECT_EQ(settings()->sas, "sv=2021&sig=a%3D");
  EXPECT_EQ(settings()->endpoint, "http://127.0.0.1:10000/mill");
  EXPECT_EQ(settings("other.dfs.core.windows.net").status().code(), Code::kInvalidArgument);
}

TEST_F(AzureSettingsTest, NameWhoAsksWithoutAKey) {
  EXPECT_EQ(settings()->identity.kind, AzureIdentity::Kind::kMachine);
  variables_ = {{"AZURE_TENANT_ID", "t"}, {"AZURE_CLIENT_ID", "c"}, {"AZURE_CLIENT_SECRET", "hush"}};
  EXPECT_EQ(settings()->identity.url, "https://login.microsoftonline.com/t/oauth2/v2.0/token");
  variables_["AZURE_AUTHORITY_HOST"] = "http://keys.example";
  EXPECT_EQ(settings().status().code(), Code::kInvalidArgument);
  EXPECT_EQ(settings().status().to_string().find("hush"), std::string::npos);
  variables_ = {{"AZURE_STORAGE_KEY", "c2VjcmV0"}, {"IDENTITY_ENDPOINT", "http://x"}, {"IDENTITY_HEADER", "h"}};
  EXPECT_EQ(settings()->identity.kind, AzureIdentity::Kind::kNone);
}

TEST_F(AzureSettingsTest, ErrorsKeepSecretsToThemselves) {
  variables_ = {{"AZURE_STORAGE_KEY", "hush"}};
  EXPECT_TRUE(settings().ok());
  for (const char* name : {"AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN"}) {
    variables_ = {{name, "hush hush"}};
    EXPECT_EQ(settings().status().code(), Code::kUnauthenticated);
    EXPECT_EQ(settings().status().to_string().find("hush"), std::string::npos);
  }
}

// As the documentation of "Authorize with Shared Key" lays it out.
TEST(AzureSignature, NamesHeadersAndQueryInTheirOrder) {
  ObjectRequest request;
  request.query = {{"restype", "container"}, {"comp", "metadata"}, {"timeout", "20"}};
  EXPECT_EQ(
      azure_string_to_sign(request, {{"x-ms-version", "2015-02-21"}, {"x-ms-date", "Fri"}, {"range", "bytes=0-9"}},
                           "myaccount", "/mycontainer"),
      "GET\n\n\n\n\n\n\n\n\n\n\nbytes=0-9\nx-ms-date:Fri\nx-ms-version:2015-02-21\n"
      "/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20");
}

TEST(GcsSettings, ComeFromTheEnvironment) {
  std::map<std::string, std::string> variables = {{"STORAGE_EMULATOR_HOST", "127.0.0.1:4443/"}};
  const auto settings = [&] { return gcs_settings([&](const char* name) { return variables[name]; }); };
  EXPECT_EQ(settings()->endpoint, "http://127.0.0.1:4443");
  EXPECT_EQ(settings()->identity, GcsIdentity::kNone);
  variables = {{"HOME", "/nowhere"}, {"GCE_METADATA_HOST", "127.0.0.1:1"}};
  EXPECT_EQ(settings()->endpoint, "https://storage.googleapis.com");
  EXPECT_EQ(settings()->identity, GcsIdentity::kMachine);
  variables["GOOGLE_APPLICATION_CREDENTIALS"] = "/nowhere/key.json";
  EXPECT_EQ(settings().status().code(), Code::kUnauthenticated);
}

TEST(GcsSettings, RefusesWhatIsNoCredentials) {
  for (const char* text : {"", "[]", "{\"type\": \"service_account\"}", "{\"type\": \"authorized_user\"}"}) {
    GcsSettings out;
    EXPECT_EQ(read_gcs_credentials(text, out).code(), Code::kUnauthenticated) << text;
  }
}

TEST(Listing, ReadsThatOfGoogle) {
  const auto page = parse_gcs_listing(
      R"({"nextPageToken": "more", "items": [{"name": "a/b", "size": "7", "updated": "1970-01-02T00:00:01.250Z"}]})");
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].path, "a/b");
  EXPECT_EQ(page->objects[0].modified_ms, 86'401'250);
  EXPECT_EQ(page->next, "more");
  EXPECT_TRUE(parse_gcs_listing("{}")->objects.empty());
  for (const char* wrong : {"", "[]", R"({"items": [1]})", R"({"items": [{"name": "a", "size": "x"}]})"}) {
    EXPECT_EQ(parse_gcs_listing(wrong).status().code(), Code::kDataCorrupt) << wrong;
  }
}

TEST(Listing, ReadsThatOfAzure) {
  const auto page = parse_azure_listing(
      "<?xml version=\"1.0\"?><EnumerationResults><Blobs><Blob><Name>a/b.avro</Name><Properties><Last-Modified>"
      "Fri, 02 Jan 1970 00:00:01 GMT</Last-Modified><Content-Length>7</Content-Length></Properties></Blob><Blob>"
      "<Name>a</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob></Blobs>"
      "<NextMarker>more</NextMarker></EnumerationResults>");
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].path, "a/b.avro");
  EXPECT_EQ(page->objects[0].modified_ms, 86'401'000);
  EXPECT_EQ(page->next, "more");
  EXPECT_EQ(parse_azure_listing("<ListBucketResult/>").status().code(), Code::kDataCorrupt);
  EXPECT_EQ(parse_azure_listing("<EnumerationResults><Blobs><Blob/></Blobs></EnumerationResults>").status().code(),
            Code::kDataCorrupt);
}

TEST(Listing, GivesNamesSizesAndTimes) {
  const auto page = parse_listing(
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true"
      "</IsTruncated><Contents><Key>a/&lt;b&gt;.avro</Key><LastModified>1970-01-02T00:00:01.250Z</LastModified>"
      "<Size>7</Size></Contents><NextContinuationToken>more=</NextContinuationToken></ListBucketResult>");
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].path, "a/<b>.avro");
  EXPECT_EQ(page->objects[0].size_bytes, 7);
  EXPECT_EQ(page->objects[0].modified_ms, 86'401'250);
  EXPECT_EQ(page->next, "more=");
}

TEST(Listing, RefusesWhatWouldHideObjects) {
  EXPECT_EQ(parse_listing("<html>proxy</html>").status().code(), Code::kDataCorrupt);
  EXPECT_EQ(parse_listing("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>").status().code(),
            Code::kDataCorrupt);
  EXPECT_EQ(parse_listing("<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>").status().code(),
            Code::kDataCorrupt);
}

TEST(CatalogDocument, IsCheckedBeforeUse) {
  EXPECT_TRUE(parse_catalog(R"({"format": 1, "root": "s3://a/b", "namespaces": {"main": {}}, "recent": ["x"],
      "entries": {"main": {"t": {"type": "TABLE", "metadata-location": "s3://a/b/m"}}}})")
                  .ok());
  EXPECT_EQ(parse_catalog(R"({"format": 2})").status().code(), Code::kUnsupported);
  for (const char* wrong :
       {"", "[]", "{}", R"({"format": "1"})", R"({"format": 1, "root": "s3://a"})",
        R"({"format": 1, "root": 1, "namespaces": {}, "recent": [], "entries": {}})",
        R"({"format": 1, "root": "", "namespaces": {"m": 1}, "recent": [], "entries": {}})",
        R"({"format": 1, "root": "", "namespaces": {}, "recent": [1], "entries": {}})",
        R"({"format": 1, "root": "", "namespaces": {}, "recent": [], "entries": {"m": {"t": 1}}})"}) {
    EXPECT_EQ(parse_catalog(wrong).status().code(), Code::kDataCorrupt) << wrong;
  }
}

}  // namespace
}  // namespace millpond::pond
