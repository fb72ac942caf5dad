using System.Numerics;

namespace Fairlead.Core.Execution;

/// <summary>
/// What was found of an answer that is no failure by itself: it is counted, and passed on unless the route says otherwise. A set of
/// failure classes; a value.
/// </summary>
public readonly record struct AnswerNotes
{
    private readonly ulong _bits;

    private AnswerNotes(ulong bits) => _bits = bits;

    /// <summary>Nothing to note.</summary>
    public static AnswerNotes None => default;

    /// <summary>Whether there is nothing to note.</summary>
    public bool IsEmpty => _bits == 0;

    /// <summary>Their names for a record, after <c>noted: </c>; null for none.</summary>
    public string? Text
    {
        get
        {
            if (IsEmpty) return null;
            var text = "noted";
            foreach (var note in this) text += (text.Length == 5 ? ": " : ", ") + FailureTable.NameOf(note);
            return text;
        }
    }

    /// <summary>Whether this was found.</summary>
    public bool Has(FailureClass note) => (_bits >> (int)note & 1) != 0;

    /// <summary>These and one more.</summary>
    public AnswerNotes With(FailureClass note) => new(_bits | 1UL << (int)note);

    /// <summary>These, and one more where it holds.</summary>
    public AnswerNotes With(FailureClass note, bool holds) => holds ? With(note) : this;

    /// <summary>These without one.</summary>
    public AnswerNotes Without(FailureClass note) => new(_bits & ~(1UL << (int)note));

    /// <summary>The first that a route does not accept, which makes the answer a failure; <see cref="FailureClass.None"/> where it accepts all.</summary>
    public FailureClass Refused(FailurePolicy policy)
    {
        foreach (var note in this)
        {
            if (FailureTable.Of(note).Action == FailureAction.Accept && !policy.Accepts(note)) return note;
        }

        return FailureClass.None;
    }

    /// <summary>In the order of the classes.</summary>
    public Enumerator GetEnumerator() => new(_bits);

    /// <summary>Goes over the notes without allocating.</summary>
    public struct Enumerator
    {
        private ulong _left;

        internal Enumerator(ulong bits)
        {
            _left = bits;
            Current = FailureClass.None;
        }

        /// <summary>The present note.</summary>
        public FailureClass Current { get; private set; }

        /// <summary>Goes to the next one; false behind the last.</summary>
        public bool MoveNext()
        {
            if (_left == 0) return false;
            Current = (FailureClass)BitOperations.TrailingZeroCount(_left);
            _left &= _left - 1;
            return true;
        }
    }
}
