// The five calls of an agency system in C#, with nothing but the framework: .NET 8, .NET Framework 4.7.2 or Mono 6 (C# 7.3).
// Run it with Mono: mcs -r:System.Net.Http.dll HubClient.cs && HUB=... KEY=... mono HubClient.exe (in this folder).
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

/// <summary>The hub said no. The message is application/problem+json: code, detail, all errors, traceId.</summary>
public sealed class HubRefused : Exception
{
    public int Status { get; }

    public HubRefused(int status, string problem) : base(status + " " + problem)
    {
        Status = status;
    }
}

public sealed class HubClient
{
    private readonly HttpClient http;

    public HubClient(string hub, string key)
    {
        http = new HttpClient { BaseAddress = new Uri(hub), Timeout = TimeSpan.FromMinutes(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Sends a message. The file streams. Keep the key with your document: after a crash, send again with the same.</summary>
    public Task<string> SendAsync(string file, string contentType, string idempotencyKey) =>
        PostAsync("/v1/packages", idempotencyKey, () => FileContent(file, contentType));

    /// <summary>Sends a dossier and its files as a form: the dossier first. The files stream.</summary>
    public Task<string> SendDossierAsync(string dossier, IReadOnlyList<string> files, string idempotencyKey) =>
        PostAsync("/v1/packages", idempotencyKey, () =>
        {
            var form = new MultipartFormDataContent();
            form.Add(FileContent(dossier, "application/json"), "package", Path.GetFileName(dossier));
            foreach (var file in files) form.Add(FileContent(file, "application/octet-stream"), "file", Path.GetFileName(file));
            return form;
        });

    /// <summary>The JSON of a path, e.g. /v1/packages/{id}/recipients or /v1/inbox?limit=20&amp;lockSeconds=60.</summary>
    public Task<string> ReadAsync(string path) => AnswerAsync(() => new HttpRequestMessage(HttpMethod.Get, path));

    /// <summary>Fetches the content of an inbox item into a new file. Fails when its SHA-256 is not the one of the item.</summary>
    public async Task FetchAsync(string deliveryId, string sha256, string target)
    {
        using (var answer = await http.GetAsync("/v1/inbox/" + deliveryId + "/content", HttpCompletionOption.ResponseHeadersRead))
        {
            if (!answer.IsSuccessStatusCode) throw new HubRefused((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
            var part = target + ".part";
            using (var hash = SHA256.Create())
            {
                using (var body = await answer.Content.ReadAsStreamAsync())
                using (var file = File.Create(part))
                using (var both = new CryptoStream(file, hash, CryptoStreamMode.Write))
                {
                    await body.CopyToAsync(both);
                    both.FlushFinalBlock();
                    file.Flush(true);
                }
                if (Hex(hash.Hash) != sha256) throw new IOException("other bytes than announced: " + deliveryId);
            }
            // It may have been fetched before, and not acknowledged.
            if (File.Exists(target)) File.Delete(target);
            File.Move(part, target);
        }
    }

    /// <summary>Only after the content is stored for good. Saying it twice is harmless.</summary>
    public Task AcknowledgeAsync(string deliveryId) =>
        AnswerAsync(() => new HttpRequestMessage(HttpMethod.Post, "/v1/inbox/" + deliveryId + "/ack"));

    /// <summary>Is this webhook request from the hub? body: the bytes as they came.</summary>
    public static bool IsFromHub(string id, string timestamp, string signatures, byte[] body, string secret)
    {
        if (id == null || timestamp == null || signatures == null || !long.TryParse(timestamp, out var signedAt)) return false;
        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - signedAt) > 300) return false;
        var key = secret.StartsWith("whsec_", StringComparison.Ordinal) ? Convert.FromBase64String(secret.Substring(6)) : Encoding.UTF8.GetBytes(secret);
        using (var hash = SHA256.Create())
        using (var hmac = new HMACSHA256(key))
        {
            var signed = hmac.ComputeHash(Encoding.UTF8.GetBytes(id + "." + timestamp + "." + Hex(hash.ComputeHash(body))));
            var expected = "v1," + Convert.ToBase64String(signed);
            return signatures.Split(' ').Any(one => IsSame(expected, one));
        }
    }

    /// <summary>Takes as long whichever character differs.</summary>
    private static bool IsSame(string expected, string given)
    {
        var difference = expected.Length ^ given.Length;
        for (var at = 0; at < Math.Min(expected.Length, given.Length); at++) difference |= expected[at] ^ given[at];
        return difference == 0;
    }

    private static string Hex(byte[] bytes) => BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();

    private static StreamContent FileContent(string file, string contentType)
    {
        var content = new StreamContent(File.OpenRead(file));
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return content;
    }

    private Task<string> PostAsync(string path, string idempotencyKey, Func<HttpContent> open) => AnswerAsync(() =>
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = open() };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return request;
    });

    /// <summary>Tries again what failed on the way, and what the hub asks to send later. Each try opens its files anew.</summary>
    private async Task<string> AnswerAsync(Func<HttpRequestMessage> make)
    {
        for (var attempt = 1; ; attempt++)
        {
            var pause = TimeSpan.FromMilliseconds(500 << attempt);
            try
            {
                using (var request = make())
                using (var answer = await http.SendAsync(request))
                {
                    var body = await answer.Content.ReadAsStringAsync();
                    if (answer.IsSuccessStatusCode) return body;
                    var status = (int)answer.StatusCode;
                    var isTemporary = status == 408 || status == 429 || status >= 500;
                    if (!isTemporary || attempt == 5) throw new HubRefused(status, body);
                    pause = answer.Headers.RetryAfter?.Delta ?? pause;
                }
            }
            catch (HttpRequestException) when (attempt < 5) { }
            // A time-out.
            catch (TaskCanceledException) when (attempt < 5) { }
            await Task.Delay(pause);
        }
    }

    public static void Main() => RunAsync().GetAwaiter().GetResult();

    private static async Task RunAsync()
    {
        var client = new HubClient(Environment.GetEnvironmentVariable("HUB"), Environment.GetEnvironmentVariable("KEY"));
        var accepted = await client.SendAsync("cong-van-15.edxml", "application/xml", "stc-2026-0001");
        Console.WriteLine(accepted);
        Console.WriteLine(await client.SendDossierAsync("ho-so.json", new[] { "don-de-nghi.pdf", "so-do.png" }, "mc-2026-000123"));
        // A real program reads JSON with its own library; this one keeps to the framework.
        Console.WriteLine(await client.ReadAsync("/v1/packages/" + FirstOf("\"id\":\"([0-9a-f-]{36})\"", accepted) + "/recipients"));
        var inbox = await client.ReadAsync("/v1/inbox?limit=1&lockSeconds=60");
        var deliveryId = FirstOf("\"deliveryId\":\"([0-9a-f-]{36})\"", inbox);
        if (deliveryId == null) return;
        // The hash of the item stands before its links; those of its files stand earlier.
        await client.FetchAsync(deliveryId, FirstOf("\"sha256\":\"([0-9a-f]{64})\",\"links\"", inbox), deliveryId + ".bin");
        await client.AcknowledgeAsync(deliveryId);
        Console.WriteLine("acknowledged " + deliveryId);
    }

    private static string FirstOf(string pattern, string text)
    {
        var match = Regex.Match(text, pattern);
        return match.Success ? match.Groups[1].Value : null;
    }
}
