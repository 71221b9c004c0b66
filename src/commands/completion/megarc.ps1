# PowerShell completion of megarc. What may follow is asked of the program itself.

Register-ArgumentCompleter -Native -CommandName megarc -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $program = "$($commandAst.CommandElements[0])"
    $words = @($commandAst.CommandElements |
        Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '""' } else { $words += $wordToComplete }
    & $program __complete powershell -- @words 2>$null | ForEach-Object {
        if (-not $_.StartsWith("`t")) {
            $text, $about = $_ -split "`t", 2
            if (-not $about) { $about = $text }
            $typed = $text
            if ($typed -match '[\s''();&|$]') { $typed = "'" + ($typed -replace "'", "''") + "'" }
            [System.Management.Automation.CompletionResult]::new($typed, $text, 'ParameterValue', $about)
        }
    }
}
