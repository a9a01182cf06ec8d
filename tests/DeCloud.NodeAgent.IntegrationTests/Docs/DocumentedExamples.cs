using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Docs;

/// <summary>The fenced blocks of a page of the documentation, in their order.</summary>
/// <param name="Blocks">Each with the language behind its fence, which may be empty.</param>
internal sealed record DocumentedExamples(IReadOnlyList<(string Language, string Text)> Blocks)
{
    private const string Fence = "```";

    /// <summary>Reads a page.</summary>
    /// <param name="page">Its name in the folder of the documentation.</param>
    public static DocumentedExamples Of(string page)
    {
        var blocks = new List<(string, string)>();
        List<string>? open = null;
        var language = "";
        foreach (var line in File.ReadLines(Path.Combine(LibvirtHost.RepositoryRoot(), "docs", page)))
        {
            if (!line.StartsWith(Fence, StringComparison.Ordinal))
            {
                open?.Add(line);
            }
            else if (open is null)
            {
                (open, language) = ([], line[Fence.Length..]);
            }
            else
            {
                blocks.Add((language, string.Join('\n', open) + "\n"));
                open = null;
            }
        }

        Assert.Null(open);
        return new(blocks);
    }

    /// <summary>The one block that holds a text.</summary>
    public string With(string text) => Assert.Single(Blocks, b => b.Text.Contains(text, StringComparison.Ordinal)).Text;

    /// <summary>What stands behind a word in a block, up to the end of the command, whose lines may end with a backslash.</summary>
    /// <param name="block">The block.</param>
    /// <param name="word">The word, as a rule the program.</param>
    public static string[] ArgumentsOf(string block, string word)
    {
        var joined = block.Replace("\\\n", " ", StringComparison.Ordinal);
        var line = Assert.Single(joined.Split('\n'), l => l.Contains(word, StringComparison.Ordinal));
        return line[(line.IndexOf(word, StringComparison.Ordinal) + word.Length)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
